from contextlib import suppress

from django.apps import AppConfig
from django.conf import settings
from django.contrib.admin import apps as admin_apps


class NewsroomConfig(AppConfig):
    """The project as an app: its commands, pages and static files."""

    name = "newsroom"
    default = True

    def ready(self) -> None:
        """Make the folder for temporary files, where this process may.

        A command that needs none runs without; who needs one is told that it is missing.
        """
        with suppress(OSError):
            settings.TEMP_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)


class NewsroomAdminConfig(admin_apps.AdminConfig):
    """Django's admin, with the newsroom's site: desks before models."""

    default = False
    default_site = "newsroom.site.admin_site.NewsroomAdminSite"
