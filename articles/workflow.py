"""The table of editorial moves: who may take an article from where to where.

Plain data and one reading of it. `transitions.move` is the only way; the database holds the
same pairs of statuses in a trigger, and a test compares the two.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from articles.limits import MAX_NOTE
from articles.statuses import Status

if TYPE_CHECKING:
    from staff.models import User


#: What readers are told of a kill by default, and of those made before they were told.
NEUTRAL = "The editors decided not to publish it any longer."


class InWorkflow(Protocol):
    """What the table asks of an article; see `articles.models.Article`."""

    status: str

    def get_status_display(self) -> str: ...
    def was_public(self, now: datetime) -> bool: ...
    def has_unpublished_changes(self) -> bool: ...
    def contributor_ids(self) -> dict[int, str]: ...


class Refused(Exception):
    """The newsroom's rules do not allow this; the message is fit for the editor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What somebody says with a step."""

    note: str = ""  # for the house
    public_note: str = ""  # for readers
    at: datetime | None = None  # the instant of publication


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One row of the table: a verb, where it leads from and to, and what it asks for."""

    verb: str
    label: str  # on the button
    sources: tuple[Status, ...]
    target: Status
    permission: str
    note: bool = False  # the reason must be given
    four_eyes: bool = False  # not by who wrote the text; see `contributors`
    tells: bool = False  # readers are told a sentence, beside the note for the house
    time: bool = False  # the instant of publication must be given
    goes_public: bool = False  # the working text becomes the public one
    before_public: bool = False  # only while no reader can see it yet
    new_text: bool = False  # only when the working text differs from the public one
    onward: bool = False  # it leads towards readers; shut, it says why

    @property
    def is_final(self) -> bool:
        """Whether no move leads on from where it ends."""
        return not any(self.target in step.sources for step in STEPS.values())


def _step(
    verb: str,
    label: str,
    sources: tuple[Status, ...],
    target: Status,
    permission: str,
    asks: str = "",
) -> Step:
    return Step(
        verb=verb,
        label=label,
        sources=sources,
        target=target,
        permission=f"articles.{permission}_article",
        **dict.fromkeys(asks.split(), True),
    )


# fmt: off
_DRAFT, _IN_EDIT, _READY = Status.DRAFT, Status.IN_EDIT, Status.READY
_LIVE, _KILLED = Status.LIVE, Status.KILLED
STEPS = {step.verb: step for step in (
    #     verb         label         from                to        permission  asks for
    _step("submit",    "Submit",     (_DRAFT,),          _IN_EDIT, "change",  "onward"),
    _step("send_back", "Send back",  (_IN_EDIT, _READY), _DRAFT,   "edit",    "note"),
    _step("approve",   "Approve",    (_IN_EDIT,),        _READY,   "edit",
          "four_eyes onward"),
    _step("publish",   "Publish",    (_READY,),          _LIVE,    "publish",
          "goes_public onward"),
    _step("schedule",  "Schedule",   (_READY,),          _LIVE,    "publish",
          "goes_public time"),
    _step("unschedule", "Unschedule", (_LIVE,),          _READY,   "publish", "before_public"),
    _step("update",    "Update",     (_LIVE,),           _LIVE,    "publish",
          "goes_public note four_eyes new_text onward"),
    _step("kill",      "Kill",       (_LIVE,),           _KILLED,  "kill",    "note tells"),
    _step("spike",     "Spike",      (_DRAFT, _IN_EDIT, _READY), _KILLED, "edit", "note"),
)}
# fmt: on

#: Verbs that moves of the past were recorded under, which nobody can rewrite, and what
#: they are called now. They are read, in history and for the second pair of eyes, not made.
FORMER_VERBS = {"hold": "unschedule"}

#: Every change of status the table knows; the database's trigger holds the same pairs.
PAIRS = frozenset(
    (source, step.target) for step in STEPS.values() for source in step.sources
)


# What a change around the text asks for. Of what nobody has passed: to write; of what has
# been passed: what passing it asked for. A submitted text's embargo is an editor's, or it
# could be lifted while she reads.
# fmt: off
_AROUND = {
    #         place      embargo    its picture
    _DRAFT:   ("change",  "change",  "change"),
    _IN_EDIT: ("change",  "edit",    "change"),
    _READY:   ("edit",    "edit",    "edit"),
    _LIVE:    ("publish", "publish", "publish"),
}
# fmt: on
_PARTS = ("place", "embargo", "picture")
_WHO = {
    "change": "those who write",
    "edit": "an editor",
    "publish": "somebody who may publish",
}


def current_verb(verb: str) -> str:
    """Return what the verb of a recorded move is called now."""
    return FORMER_VERBS.get(verb, verb)


def label_of(verb: str) -> str:
    """Return the label of a recorded move; the verb itself if the table has no such row."""
    step = STEPS.get(current_verb(verb))
    return step.label if step else verb


def asked_around(part: str, status: str) -> str:
    """Return the permission a change of an article's place, embargo or picture asks for."""
    return f"articles.{_AROUND[Status(status)][_PARTS.index(part)]}_article"


def why_not_around(part: str, article: InWorkflow, user: User) -> str:
    """Say why `user` may not change that part of what stands around the text, or nothing."""
    if article.status not in _AROUND:
        return "This article was killed; it stays where it was."
    if user.has_perm(asked_around(part, article.status)):
        return ""
    who = _WHO[_AROUND[Status(article.status)][_PARTS.index(part)]]
    state = article.get_status_display().lower()
    return f"The {part} of an article that is {state} is changed by {who}."


def find(
    verb: str,
    *,
    article: InWorkflow,
    user: User,
    now: datetime,
    said: Said,
) -> Step:
    """Return the step `verb` names, or raise `Refused` with the reason."""
    step = STEPS.get(verb)
    if step is None:
        raise Refused(f"There is no move called “{verb}”.")
    if reason := why_shut(step, article, user, now) or _unfit(step, now, said):
        raise Refused(reason)
    return step


def open_to(user: User, article: InWorkflow, now: datetime) -> list[Step]:
    """Return the steps `user` may take with `article` at `now`, in the table's order.

    What has still to be given (a note, a time) is left out of account.
    """
    steps = STEPS.values()
    return [step for step in steps if not why_shut(step, article, user, now)]


def onward(article: InWorkflow) -> list[Step]:
    """Return the steps that lead on from where the article is, whoever may take them."""
    return [
        step
        for step in STEPS.values()
        if step.onward
        and article.status in step.sources
        and (article.has_unpublished_changes() or not step.new_text)
    ]


def why_shut(step: Step, article: InWorkflow, user: User, now: datetime) -> str:
    """Say why this step is not open, or return an empty string. At most two queries."""
    if article.status not in step.sources:
        state = article.get_status_display().lower()
        return f"“{step.label}” is not possible: this article is {state}."
    if not user.has_perm(step.permission):
        return f"“{step.label}” is not yours to do: ask somebody who may."
    if step.before_public and article.was_public(now):
        return "Readers have seen this article. Kill it, or publish an update."
    if step.new_text and not article.has_unpublished_changes():
        return "Nothing has changed since the text that is public."
    if step.four_eyes and (did := article.contributor_ids().get(user.pk)):
        return f"A second pair of eyes is needed: {did}."
    return ""


def _unfit(step: Step, now: datetime, said: Said) -> str:
    """Say what is missing or wrong in what came with the step, or return nothing."""
    at = said.at
    if step.note and not said.note.strip():
        return f"Say why: “{step.label}” needs a note."
    if said.public_note.strip() and not step.tells:
        return f"“{step.label}” tells readers nothing."
    for what, words in (("note", said.note), ("public note", said.public_note)):
        if len(words) > MAX_NOTE:
            return (
                f"The {what} has {len(words):,} characters; {MAX_NOTE:,} are allowed."
            )
    if not step.time:
        return f"“{step.label}” takes no time; use Schedule." if at else ""
    if at is None:
        return "Say when it is to be published."
    if at.tzinfo is None:
        return "The time of publication has no time zone."
    return "" if at > now else "The time of publication has passed: publish it now."
