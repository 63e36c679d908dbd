from django.apps import AppConfig


class LauncherConfig(AppConfig):
    """An app for its commands: `prepare` and `migrate`."""

    name = "newsroom.launcher"
    label = "launcher"
