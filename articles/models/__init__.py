"""What we write: the paper's parts, articles and their revisions, evidence, pictures."""

from articles.models.image import Image, Rendition  # first: rendering reads it here

# isort: split
from articles.models.address import OldAddress
from articles.models.alteration import Alteration
from articles.models.article import Article, Byline
from articles.models.change import Change, ChangeKind
from articles.models.cursor import Cursor
from articles.models.evidence import Evidence, Role
from articles.models.issue import Issue
from articles.models.notice import Notice
from articles.models.paper import Author, Section, Topic
from articles.models.question import OpenQuestion, Outcome
from articles.models.revision import Autosave, Move, Revision, RevisionKind
from articles.models.status import Kind, Prominence, Status

__all__ = [
    "Alteration",
    "Article",
    "Author",
    "Autosave",
    "Byline",
    "Change",
    "ChangeKind",
    "Cursor",
    "Evidence",
    "Image",
    "Issue",
    "Kind",
    "Move",
    "Notice",
    "OldAddress",
    "OpenQuestion",
    "Outcome",
    "Prominence",
    "Rendition",
    "Revision",
    "RevisionKind",
    "Role",
    "Section",
    "Status",
    "Topic",
]
