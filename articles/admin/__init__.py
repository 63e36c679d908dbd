"""The desk's windows on what we write. Every change goes through the domain's verbs."""

from articles.admin.articles import ArticleAdmin
from articles.admin.images import ImageAdmin
from articles.admin.notices import NoticeAdmin
from articles.admin.questions import OpenQuestionAdmin
from articles.admin.taxonomy_and_issues import (
    AuthorAdmin,
    IssueAdmin,
    SectionAdmin,
    TopicAdmin,
)
from articles.admin.wire_items import DeskItemAdmin

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
