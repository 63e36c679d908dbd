"""The desk's windows on what we write. Every change goes through the domain's verbs."""

from articles.admin.images import ImageAdmin
from articles.admin.paper import AuthorAdmin, IssueAdmin, SectionAdmin, TopicAdmin
from articles.admin.printed import NoticeAdmin
from articles.admin.questions import OpenQuestionAdmin
from articles.admin.stories import ArticleAdmin
from articles.admin.wire import DeskItemAdmin

__all__ = [
    "ArticleAdmin",
    "AuthorAdmin",
    "DeskItemAdmin",
    "ImageAdmin",
    "IssueAdmin",
    "NoticeAdmin",
    "OpenQuestionAdmin",
    "SectionAdmin",
    "TopicAdmin",
]
