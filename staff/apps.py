from django.apps import AppConfig


class StaffConfig(AppConfig):
    """The bottom room: every other app may know who works here."""

    name = "staff"
    verbose_name = "People"
