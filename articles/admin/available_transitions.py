"""What may be done next with an article, and who can do what this person may not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.http import QueryDict

from articles import workflow
from articles.admin.forms import StepForm
from articles.models import Article
from articles.workflow import Refused, Step
from staff.models import Role, User
from staff.roles import PERMISSIONS

NAMED = 3  # people named before “others”


@dataclass(frozen=True, slots=True, kw_only=True)
class Shut:
    """A step that would lead on, and is not open to this person."""

    step: Step
    why: str
    who: str  # can take it; a sentence


def open_to(
    user: User, article: Article, now: datetime, sent: QueryDict
) -> list[tuple[Step, StepForm]]:
    """Return the steps open to `user`, each with the form for what it asks for.

    The one that was tried and refused, if `sent` is its form, keeps what was typed.
    """
    tried = sent.get("step", "")
    return [
        (step, StepForm.asking(step, sent if step.verb == tried else None))
        for step in workflow.open_to(user, article, now)
    ]


def said(verb: str, sent: QueryDict) -> dict[str, Any]:
    """Return what `transitions.move` is told with a step. Raises `workflow.Refused`."""
    step = workflow.STEPS.get(verb)
    if step is None:
        raise Refused(f"There is no move called “{verb}”.")
    asked = StepForm.asking(step, sent)
    if not asked.is_valid():
        raise Refused("That is not a time: use the form 2026-06-25T18:30.")
    return asked.cleaned_data


def shut_to(user: User, article: Article, now: datetime) -> list[Shut]:
    """Return the steps that lead on from here and are shut to `user`, with the reason."""
    if not user.has_perm("articles.change_article"):
        return []
    found = []
    for step in workflow.onward(article):
        why = workflow.why_shut(step, article, user, now)
        if why:
            if not user.has_perm(step.permission):
                why = "This is not yours to do."
            found.append(Shut(step=step, why=why, who=_who(step, article)))
    return found


def _who(step: Step, article: Article) -> str:
    """Name who can take the step. One query, and one for the hands where they count."""
    roles = [role for role, may in PERMISSIONS.items() if step.permission in may]
    able = User.objects.filter(Q(role__in=roles) | Q(is_superuser=True), is_active=True)
    if step.four_eyes:
        able = able.exclude(pk__in=article.contributor_ids())
    people = list(able.order_by("first_name", "last_name", "username"))
    by_role = [person for person in people if person.role in roles]
    names = [str(person) for person in by_role or people]
    if not names:
        wanted = " or ".join(Role(role).label.lower() for role in roles)
        return (
            "Nobody else here may: an administrator must give somebody the role of "
            f"{wanted}."
        )
    if len(names) > NAMED + 1:
        names[NAMED:] = [f"{len(names) - NAMED} others"]
    return f"{', '.join(names[:-1])}{' or ' if names[1:] else ''}{names[-1]} can."
