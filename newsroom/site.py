"""The admin's site: the newsroom's name over Django's own admin."""

from django.conf import settings
from django.contrib.admin import AdminSite


class NewsroomAdminSite(AdminSite):
    """Django's admin under the paper's name."""

    site_header = settings.PAPER_NAME
    site_title = settings.PAPER_NAME
    index_title = "Desk"
    enable_nav_sidebar = True
