"""What we write: the paper's parts, articles and their revisions, evidence, pictures."""

from articles.models.alteration import Alteration
from articles.models.article import Article, Byline
from articles.models.change import Change, ChangeKind
from articles.models.choices import Kind, Prominence
from articles.models.evidence import Evidence, Role
from articles.models.image import Image, ImageState, Rendition
from articles.models.issue import Issue
from articles.models.ledger_cursor import Cursor
from articles.models.notice import ADMISSIONS, Notice, NoticeKind
from articles.models.question import OpenQuestion, Outcome
from articles.models.redirect import OldAddress
from articles.models.revision import Autosave, Move, Revision, RevisionKind
from articles.models.taxonomy import Author, Section, Topic
from articles.statuses import Status

__all__ = [
    "ADMISSIONS",
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
    "ImageState",
    "Issue",
    "Kind",
    "Move",
    "Notice",
    "NoticeKind",
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
