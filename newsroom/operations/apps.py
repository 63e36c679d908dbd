from django.apps import AppConfig


class OperationsConfig(AppConfig):
    """An app for its commands: `backup`, `restore`, `verify` and `doctor`."""

    name = "newsroom.operations"
    label = "operations"
