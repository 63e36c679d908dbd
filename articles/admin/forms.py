"""What is typed at the writing surface: shape is checked here, rules in the domain."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.timezone import localtime

from articles.limits import MAX_BYLINES, MAX_HEADLINE
from articles.models import Article, Author, Image, Section, Topic
from articles.models.article import Kind, Prominence
from articles.workflow import NEUTRAL, Step

TEXT = ("headline", "standfirst", "body", "framing", "caption")
MOST_PICTURES = 60  # offered at once, newest first
LOCAL = "%Y-%m-%dT%H:%M"  # what <input type="datetime-local"> speaks


class LocalDateTime(forms.DateTimeField):
    """An instant as the browser's own field gives it, in the zone of who types."""

    widget = forms.DateTimeInput(
        attrs={"type": "datetime-local", "step": 60}, format=LOCAL
    )


class TextForm(forms.Form):
    """The text of one revision, and the number of the revision it started from."""

    base_n = forms.IntegerField(min_value=0, required=False, widget=forms.HiddenInput())
    headline = forms.CharField(
        widget=forms.Textarea(
            attrs={"rows": 1, "placeholder": "Headline", "maxlength": MAX_HEADLINE}
        )
    )
    standfirst = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "placeholder": "Standfirst"}),
    )
    body = forms.CharField(
        required=False, strip=False, widget=forms.Textarea(attrs={"rows": 20})
    )
    framing = forms.CharField(
        required=False,
        label="How we framed this",
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Why the story is told this way. Printed under the text.",
    )
    lead_image = forms.ModelChoiceField(
        Image.objects.none(), required=False, label="Lead picture"
    )
    caption = forms.CharField(
        required=False, help_text="Empty: the picture's own caption."
    )

    def __init__(
        self,
        article: Article,
        data: QueryDict | None = None,
        *,
        initial: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(data, initial=initial)
        self.article = article
        field: Any = self.fields["lead_image"]
        field.queryset = Image.objects.all()  # one that was removed may stay chosen
        field.widget.choices = _pictures(self["lead_image"].value())

    @classmethod
    def of(cls, article: Article, typed: dict[str, str] | None = None) -> TextForm:
        """Return the form for the working text, or for what was typed and not saved."""
        shown: dict[str, Any] = {name: getattr(article, name) for name in TEXT}
        shown |= {"lead_image": article.lead_image_id, "base_n": article.revision_n}
        return cls(article, initial={**shown, **(typed or {})})

    def text(self) -> dict[str, Any]:
        """Return what `revisions.save` takes."""
        return {
            name: value for name, value in self.cleaned_data.items() if name != "base_n"
        }


def _pictures(chosen: object) -> list[tuple[str, str]]:
    """Return the newest pictures to choose from, and the chosen one, however old."""
    rows = Image.objects.values_list("pk", "alt")
    newest = Image.objects.kept().order_by("-uploaded_at", "-pk")
    kept = newest.values_list("pk", "alt")[:MOST_PICTURES]
    found = {str(pk): alt[:90] for pk, alt in kept}
    if str(chosen or "").isdecimal() and str(chosen) not in found:
        old = rows.filter(pk=str(chosen))
        found.update((str(pk), alt[:90] or "Removed picture") for pk, alt in old)
    return [("", "No picture"), *found.items()]


class PlaceForm(forms.Form):
    """Where and how an article is carried. Only what was changed is handed on."""

    section = forms.ModelChoiceField(Section.objects.in_order(), empty_label=None)
    kind = forms.ChoiceField(choices=Kind.choices)
    prominence = forms.TypedChoiceField(choices=Prominence.choices, coerce=int)
    topics = forms.ModelMultipleChoiceField(
        Topic.objects.order_by("name"),
        required=False,
        widget=forms.CheckboxSelectMultiple(),
    )
    slug = forms.SlugField(max_length=120)
    embargo_until = LocalDateTime(required=False, label="Embargo until")

    def __init__(self, article: Article, data: QueryDict | None = None) -> None:
        shown = {
            "section": article.section_id,
            "kind": article.kind,
            "prominence": article.prominence,
            "topics": [topic.pk for topic in article.topics.all()],
            "slug": article.slug,
            "embargo_until": to_minute(article.embargo_until),
        }
        super().__init__(data, initial=shown)
        for field in self.fields.values():
            # What was changed is judged by what was on the screen, not by what somebody
            # else has saved since.
            field.show_hidden_initial = True

    def changes(self) -> dict[str, Any]:
        """Return what `metadata.place` takes: what differs from what was on the screen."""
        return {name: self.cleaned_data[name] for name in self.changed_data}


def to_minute(at: datetime | None) -> datetime | None:
    """Return an instant as the browser's field shows it: local, without seconds."""
    return localtime(at).replace(second=0, microsecond=0) if at else None


class BylineForm(forms.Form):
    """One author of the article."""

    author = forms.ModelChoiceField(
        Author.objects.order_by("name", "pk"), required=False, empty_label="–"
    )
    role = forms.CharField(
        max_length=60,
        required=False,
        widget=forms.TextInput(attrs={"placeholder": "such as “in Geneva”"}),
    )


class _Bylines(forms.BaseFormSet):
    def clean(self) -> None:
        """Refuse one author twice."""
        names = [author.pk for author, _ in self.lines()]
        if len(names) != len(set(names)):
            raise forms.ValidationError("One author stands here twice.")

    def lines(self) -> list[tuple[Author, str]]:
        """Return authors and roles in the order they are printed."""
        rows = [
            (form.cleaned_data.get("ORDER"), index, form.cleaned_data)
            for index, form in enumerate(self.forms)
            if form.is_valid() and form.cleaned_data.get("author")
        ]
        rows.sort(key=lambda row: (row[0] if row[0] is not None else 1000, row[1]))
        return [(row["author"], row["role"]) for *_, row in rows]


BylineFormSet: Any = forms.formset_factory(
    BylineForm,
    formset=_Bylines,
    can_order=True,
    extra=2,
    max_num=MAX_BYLINES,
    absolute_max=MAX_BYLINES * 2,
)


def bylines_of(article: Article, data: QueryDict | None = None) -> Any:  # noqa: ANN401
    """Return the rows of authors: those printed, and two empty ones."""
    lines = article.bylines.order_by("position", "pk")
    initial = [{"author": line.author_id, "role": line.role} for line in lines]
    return BylineFormSet(data, initial=initial, prefix="bylines")


class StartForm(forms.Form):
    """What a new article needs before anything is typed into it."""

    headline = forms.CharField(max_length=MAX_HEADLINE)
    section = forms.ModelChoiceField(Section.objects.in_order(), empty_label=None)
    kind = forms.ChoiceField(choices=Kind.choices)


class StepForm(forms.Form):
    """What a step of the workflow is told: a reason, a sentence for readers, a time."""

    note = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 2}))
    public_note = forms.CharField(
        required=False, initial=NEUTRAL, widget=forms.Textarea(attrs={"rows": 2})
    )
    at = LocalDateTime(required=False)

    @classmethod
    def asking(cls, step: Step, data: QueryDict | None = None) -> StepForm:
        """Return the form for what `step` asks for, with what was typed into it."""
        made = cls(data, prefix=step.verb, auto_id=f"{step.verb}-%s")
        for name, asked in (("public_note", step.tells), ("at", step.time)):
            if not asked:
                del made.fields[name]
        return made
