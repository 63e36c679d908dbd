"""What we write: the paper's parts, articles and their revisions, evidence, pictures."""

from articles.models.article import Article, Byline, Status
from articles.models.change import Change
from articles.models.evidence import Evidence, Role
from articles.models.image import Image, Rendition
from articles.models.issue import Issue
from articles.models.notice import Notice
from articles.models.paper import Author, Section, Topic
from articles.models.revision import Move, Revision

__all__ = [
    "Article",
    "Author",
    "Byline",
    "Change",
    "Evidence",
    "Image",
    "Issue",
    "Move",
    "Notice",
    "Rendition",
    "Revision",
    "Role",
    "Section",
    "Status",
    "Topic",
]
