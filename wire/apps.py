from django.apps import AppConfig


class WireConfig(AppConfig):
    """What arrives."""

    name = "wire"
    verbose_name = "Wire"
