"""Who stands behind sources."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import models

from foundation import codes


class PublisherQuerySet(models.QuerySet["Publisher"]):
    def named(self) -> list[Named]:
        """Every name under which a text may speak of them, sources included. One query."""
        found: dict[int, Named] = {}
        columns = ("pk", "name", "aliases", "kind", "sources__name")
        for pk, name, aliases, kind, source in self.values_list(*columns).order_by(
            "pk", "sources__pk"
        ):
            known = found.setdefault(pk, Named(name, kind, [name, *_lines(aliases)]))
            if source:
                known.names.append(source)
        return list(found.values())


@dataclass(frozen=True, slots=True)
class Named:
    """A publisher by all its names: its own, those given beside it, its sources'."""

    name: str
    kind: str
    names: list[str]


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


class PublisherKind(models.TextChoices):
    """What sort of body speaks through the sources of a publisher."""

    AGENCY = "agency", "News agency"
    MEDIA = "media", "News medium"
    OFFICIAL = "official", "Authority"
    COMPANY = "company", "Company"
    GROUP = "group", "Group or movement"
    PERSON = "person", "Person"
    UNKNOWN = "unknown", "Not known"


class Publisher(models.Model):
    """Who stands behind sources. Independence is counted in publishers, not in accounts."""

    name = models.CharField(max_length=120, unique=True, validators=[codes.printed])
    aliases = models.TextField(
        blank=True,
        help_text="Other names they go by in our copy, one a line, such as AFP. "
        "The checks know them by these.",
    )
    slug = models.SlugField(max_length=120, unique=True)
    kind = models.CharField(
        max_length=12,
        choices=PublisherKind.choices,
        default=PublisherKind.UNKNOWN,
    )
    country = models.CharField(
        max_length=2,
        blank=True,
        validators=[codes.country],
        help_text="ISO 3166 code, such as GB.",
    )
    home_url = models.URLField(
        max_length=500, blank=True, validators=[codes.web_address]
    )
    note = models.TextField(blank=True, help_text="What the desk should know of them.")

    objects = PublisherQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name
