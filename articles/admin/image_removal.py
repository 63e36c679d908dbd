"""A picture is removed, or withdrawn from every text at once: the page that asks why."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from articles import image_removal, limits
from articles.models import Image
from articles.workflow import Refused
from staff.admin_base import user_of

TEMPLATE = "admin/articles/image/remove.html"


class RemovalForm(forms.Form):
    """Why, and whether it is to go from the texts that show it too."""

    why = forms.CharField(
        max_length=limits.MAX_NOTE,
        widget=forms.Textarea(attrs={"rows": 3}),
        label="Why",
        help_text="Kept with your name and the time, for the desk alone. Readers do not "
        "see it.",
    )
    withdraw = forms.BooleanField(
        required=False, label="Take it out of everything listed here, at once"
    )


def may(request: HttpRequest) -> bool:
    """Whether this person may remove pictures."""
    return user_of(request).has_perm("articles.remove_image")


def remove(
    window: ModelAdmin[Image], request: HttpRequest, public_id: UUID
) -> HttpResponse:
    """Ask why, and remove the picture; refuse while texts use it, unless it must go."""
    if not may(request):
        raise PermissionDenied
    image = get_object_or_404(Image, public_id=public_id)
    form = RemovalForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            words = _carry_out(image, request, form)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, words)
            target = reverse("admin:articles_image_change", args=[image.pk])
            return HttpResponseRedirect(target)
    context = {
        **window.admin_site.each_context(request),
        "opts": window.opts,
        "title": f"Remove: {image}",
        "image": image,
        "form": form,
        "uses": image_removal.uses(image),
    }
    return TemplateResponse(request, TEMPLATE, context)


def _carry_out(image: Image, request: HttpRequest, form: RemovalForm) -> str:
    by, now, why = user_of(request), timezone.now(), form.cleaned_data["why"]
    if not form.cleaned_data["withdraw"]:
        image_removal.remove(image, by=by, now=now, why=why)
        return "Removed: its files are gone."
    count = image_removal.withdraw(image, by=by, now=now, why=why)
    return f"Withdrawn: its files are gone, and {count} public stories show it no more."
