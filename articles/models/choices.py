"""The kinds of copy, and how high the front page carries a story."""

from __future__ import annotations

from django.db import models


class Kind(models.TextChoices):
    """What sort of copy it is; readers see it."""

    NEWS = "news", "News"
    ANALYSIS = "analysis", "Analysis"
    OPINION = "opinion", "Opinion"
    EXPLAINER = "explainer", "Explainer"
    FEATURE = "feature", "Feature"


class Prominence(models.IntegerChoices):
    """How high the front page carries a story; the lower the higher."""

    LEAD = 1, "Lead"
    SECONDARY = 2, "Secondary"
    ORDINARY = 3, "Ordinary"
    SECTION_ONLY = 4, "Section page only"
