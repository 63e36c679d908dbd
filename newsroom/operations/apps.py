from django.apps import AppConfig


class OperationsConfig(AppConfig):
    """An app for its commands (`backup`, `restore`, `verify`, `doctor`) and system checks."""

    name = "newsroom.operations"
    label = "operations"

    def ready(self) -> None:
        from newsroom.operations import checks  # noqa: F401 - registers them
