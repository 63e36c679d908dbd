"""Pictures at the desk: taken in, described, cropped where it matters."""

from __future__ import annotations

import re
from functools import partial
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
)
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from articles import image_metadata, image_processing, renditions
from articles.admin import history, image_removal
from articles.image_markup import TYPES
from articles.image_processing import height_of, widths
from articles.image_views import NAME
from articles.models import Article, Image, ImageState, Rendition
from articles.statuses import Status
from articles.workflow import Refused
from staff.admin_base import user_of

TEMPLATE = "admin/articles/image/change_form.html"
_MEDIA = re.compile(r"/media/([0-9a-f-]{36})/[-\w]+/([\w-]+\.(?:avif|webp|jpeg))")
# A state is shown in the colour of a status of articles
COLOURS = {
    ImageState.NEW: Status.DRAFT,
    ImageState.READY: Status.LIVE,
    ImageState.FAILED: Status.KILLED,
    ImageState.REMOVED: Status.KILLED,
}
_SHARE = {"min": 0, "max": 1, "step": 0.01}


class ImageForm(forms.Form):
    """What is said of a picture, and the point its crops keep in view."""

    alt = forms.CharField(
        max_length=300,
        label="What it shows",
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="For those who cannot see it. One or two plain sentences.",
    )
    credit = forms.CharField(max_length=200, help_text="Printed with it.")
    caption = forms.CharField(
        max_length=300, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    rights = forms.CharField(
        max_length=300, required=False, help_text="Terms of use. Partners see them."
    )
    focal_x = forms.FloatField(
        min_value=0, max_value=1, initial=0.5, label="From the left",
        widget=forms.NumberInput(attrs=_SHARE),
    )  # fmt: skip
    focal_y = forms.FloatField(
        min_value=0, max_value=1, initial=0.5, label="From the top",
        widget=forms.NumberInput(attrs=_SHARE),
    )  # fmt: skip


class UploadForm(ImageForm):
    """The same, and the file."""

    file = forms.FileField(
        label="Picture",
        help_text="JPEG, PNG, WebP, GIF or AVIF, up to 50 MB. What the file says of "
        "place and camera is not passed on.",
    )
    field_order = ["file"]


@admin.register(Image)
class ImageAdmin(admin.ModelAdmin):
    """Pictures, newest first."""

    list_display = ["thumbnail", "words", "credit", "made", "size", "uploaded_at"]
    list_display_links = ["thumbnail", "words"]
    list_filter = ["state"]
    list_per_page = 40
    search_fields = ["alt", "caption", "credit"]
    ordering = ["-uploaded_at", "-pk"]
    show_full_result_count = False
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Image]:
        return super().get_queryset(request).prefetch_related("renditions")

    def has_change_permission(
        self, request: HttpRequest, obj: Image | None = None
    ) -> bool:
        """Of a picture that was removed nothing is left to change."""
        is_there = obj is None or not obj.is_removed
        return is_there and super().has_change_permission(request, obj)

    def has_delete_permission(
        self, request: HttpRequest, obj: Image | None = None
    ) -> bool:
        """Removing leaves the row, and asks for a reason: see `removal`."""
        return False

    @admin.display(description="Picture")
    def thumbnail(self, image: Image) -> SafeString | str:
        src = smallest(image)
        if not src:
            return "removed" if image.is_removed else "no preview yet"
        return format_html('<img class="thumb" src="{}" alt="">', src)

    @admin.display(description="What it shows", ordering="alt")
    def words(self, image: Image) -> str:
        return str(image)

    @admin.display(description="Sizes", ordering="state")
    def made(self, image: Image) -> SafeString:
        words = (
            f"Failed: {image.last_error[:60]}"
            if image.state == ImageState.FAILED
            else ""
        )
        return format_html(
            '<span class="state state--{}">{}</span>',
            COLOURS[ImageState(image.state)],
            words or image.get_state_display(),
        )

    @admin.display(description="Pixels")
    def size(self, image: Image) -> str:
        return f"{image.width:,} × {image.height:,}"

    def get_urls(self) -> list[URLPattern]:
        return [
            path(
                "shown/<uuid:public_id>/<str:name>",
                self.admin_site.admin_view(self._shown),
                name="articles_image_shown",
            ),
            path(
                "<uuid:public_id>/remove/",
                self.admin_site.admin_view(partial(image_removal.remove, self)),
                name="articles_image_remove",
            ),
            *super().get_urls(),
        ]

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Take a picture in; what is wrong with the file stands at its field."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = UploadForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            said = {**form.cleaned_data}
            file = said.pop("file")
            try:
                image = renditions.take_picture(file.read(), now=timezone.now(), **said)
            except image_processing.Refused as refusal:
                form.add_error("file", str(refusal))
            except renditions.NotKept as failure:
                form.add_error(None, str(failure))
            else:
                messages.success(
                    request, "Taken in. Its sizes are made in a few seconds."
                )
                return HttpResponseRedirect(_address(image))
        return self._page(request, form, title="New picture")

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show one picture with its crops, or change what is said of it."""
        image = self._found(request, object_id)
        names = list(ImageForm.base_fields)
        initial = {name: getattr(image, name) for name in names}
        form = ImageForm(request.POST or None, initial=initial)
        may_change, why_not = self.has_change_permission(request, image), ""
        if request.method == "POST":
            if not may_change:
                raise PermissionDenied
            if form.is_valid() and _update_image(request, image, form):
                return HttpResponseRedirect(_address(image))
        else:
            why_not = image_metadata.why_not_update(image, user_of(request))
            may_change = may_change and not why_not
        for field in form.fields.values():
            field.disabled = not may_change
        shut = {"may_change": may_change, "why_not": why_not}
        return self._page(request, form, title=str(image), image=image, shut=shut)

    def history_view(
        self,
        request: HttpRequest,
        object_id: str,
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        return HttpResponseRedirect(_address(self._found(request, object_id)))

    def _page(
        self,
        request: HttpRequest,
        form: ImageForm,
        *,
        title: str,
        image: Image | None = None,
        shut: dict[str, Any] | None = None,
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": title,
            "form": form,
            "image": image,
            "preview": largest(image) if image else "",
            "crops": crops(image) if image else [],
            "used_in": _used_in(image) if image else [],
            "timeline": _timeline(image) if image else [],
            "may_change": True,
            "may_remove": bool(image) and image_removal.may(request),
            **(shut or {}),
        }
        return TemplateResponse(request, TEMPLATE, context)

    def _found(self, request: HttpRequest, object_id: str) -> Image:
        if not self.has_view_permission(request):
            raise PermissionDenied
        rows = Image.objects.prefetch_related("renditions")
        image = rows.filter(pk=object_id).first() if object_id.isdecimal() else None
        if image is None:
            raise Http404("There is no such picture.")
        return image

    def _shown(self, request: HttpRequest, public_id: UUID, name: str) -> HttpResponse:
        """Serve one rendition to staff, public or not; never the original."""
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        if not self.has_view_permission(request):
            raise PermissionDenied
        parts = NAME.fullmatch(name)
        if parts is None:
            raise Http404
        shape, width, format = parts.groups()
        rows = Rendition.objects.filter(image__public_id=public_id, shape=shape)
        found = rows.filter(width=width, format=format).first()
        if found is None:
            raise Http404("This size is not made yet.")
        with found.file.open("rb") as file:
            response = HttpResponse(file.read(), content_type=TYPES[format])
        response["Cache-Control"] = "private, no-store"
        response["Content-Disposition"] = "inline"
        return response


def _update_image(request: HttpRequest, image: Image, form: ImageForm) -> bool:
    """Change what was typed, or say at the form why not: nothing typed is lost."""
    try:
        count = image_metadata.update_image(
            image, by=user_of(request), now=timezone.now(), **form.cleaned_data
        )
    except Refused as refusal:
        form.add_error(None, f"Nothing was saved. {refusal}")
        return False
    shown = f" {count} public articles show it so." if count else ""
    messages.success(request, f"Saved.{shown}")
    return True


def _timeline(image: Image) -> list[history.Entry]:
    return history.around(image.alterations.filter(article=None))


def _address(image: Image) -> str:
    return reverse("admin:articles_image_change", args=[image.pk])


def staff_address(image: Image, *, shape: str, width: int) -> str:
    """Return where staff see one size, whether or not readers may."""
    name = f"{shape}-{width}.jpeg"
    return reverse("admin:articles_image_shown", args=[image.public_id, name])


def staff_door() -> str:
    """Return what the addresses by which staff see pictures begin with."""
    nobody = UUID(int=0)
    path = reverse("admin:articles_image_shown", args=[nobody, "name"])
    return path.removesuffix(f"{nobody}/name")


def for_staff(markup: str) -> str:
    """Return markup with its pictures at the staff's addresses: not all are public."""
    return _MEDIA.sub(rf"{staff_door()}\1/\2", markup)


def _made(image: Image, shape: str) -> list[int]:
    """Return the widths there are of a shape, smallest first."""
    return sorted(
        rendition.width
        for rendition in image.renditions.all()
        if rendition.shape == shape and rendition.format == "jpeg"
    )


def smallest(image: Image) -> str:
    """Return the address of the smallest crop staff can see, empty before there is one."""
    made = _made(image, "3x2")
    return staff_address(image, shape="3x2", width=made[0]) if made else ""


def largest(image: Image) -> str:
    """Return the address of the whole picture at screen size, empty before it is made."""
    made = _made(image, "whole")
    fitting = [width for width in made if width <= 960] or made
    return staff_address(image, shape="whole", width=fitting[-1]) if made else ""


def crops(image: Image) -> list[dict[str, Any]]:
    """Return the crops as they are now, for a look at what they keep in view."""
    return [
        {
            "label": label,
            "src": staff_address(image, shape=shape, width=made[-1]),
            "width": widths(shape, image.width, image.height)[0],
            "height": height_of(shape, made[-1], (image.width, image.height)),
        }
        for shape, label in (("3x2", "Front page, 3 by 2"), ("1x1", "Square"))
        if (made := _made(image, shape))
    ]


def _used_in(image: Image) -> QuerySet[Article]:
    rows = Article.objects.filter(lead_image=image) | Article.objects.showing(image)
    return rows.distinct().order_by("-changed_at", "-pk")[:20]
