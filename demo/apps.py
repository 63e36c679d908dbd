from django.apps import AppConfig


class DemoConfig(AppConfig):
    """A fictional world for the first run and for tests; nothing imports it."""

    name = "demo"
