from django.apps import AppConfig


class ArticlesConfig(AppConfig):
    """What we write."""

    name = "articles"
    verbose_name = "Articles"
