from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class NewsroomConfig(AppConfig):
    """The project as an app: its commands, pages and static files."""

    name = "newsroom"
    default = True


class NewsroomAdminConfig(admin_apps.AdminConfig):
    """Django's admin, with the newsroom's site: desks before models."""

    default = False
    default_site = "newsroom.site.NewsroomAdminSite"
