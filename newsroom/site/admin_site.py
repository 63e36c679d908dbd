"""The admin's site: desks before models, and the screens that join apps."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from typing import Any, TypeVar, cast
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import SimpleTemplateResponse, TemplateResponse
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from foundation import zones

# The rail: desks with the models on them, in the order they stand. A model no desk names
# stands at the end under its app's own name.
DESKS = (
    ("Wire", ("wire.Item", "wire.Source", "wire.Publisher", "wire.DeadLetter",
              "wire.Fetch")),
    ("Desk", ("articles.Article", "articles.OpenQuestion", "articles.Image",
              "articles.Notice")),
    ("Paper", ("articles.Issue", "articles.Section", "articles.Topic",
               "articles.Author")),
    ("Markets", ("markets.Instrument", "markets.Quote", "markets.Feed",
                 "markets.Quarantine", "markets.Exchange", "markets.Session")),
    ("People", ("staff.User", "staff.AccessEvent")),
)  # fmt: skip
NAMES = {
    "wire.Item": "Posts", "staff.User": "Staff", "wire.Fetch": "Polls",
    "staff.AccessEvent": "Sign-ins",
}  # fmt: skip


View = TypeVar("View", bound=Callable[..., HttpResponseBase])  # as Django types it


class NewsroomAdminSite(AdminSite):
    """Django's admin under the paper's name."""

    site_header = settings.PAPER_NAME
    site_title = settings.PAPER_NAME
    index_title = "Desk"
    enable_nav_sidebar = True

    def get_urls(self) -> list[URLPattern | URLResolver]:
        # The screens import what the admin's own start-up must not wait for.
        from newsroom.site import admin_preview, admin_search

        return [
            path("", self.admin_view(require_safe(self.index)), name="index"),
            path("find/", self.admin_view(admin_search.find), name="find"),
            path(
                "preview/<int:pk>/",
                self.admin_view(admin_preview.preview),
                name="preview",
            ),
            *super().get_urls(),
        ]

    def admin_view(
        self,
        view: View,
        cacheable: bool = False,  # noqa: FBT001, FBT002
    ) -> View:
        """Guard `view` as Django does, and tell time as the member of staff does."""
        guarded = super().admin_view(view, cacheable)

        @wraps(view)
        def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # noqa: ANN401
            with timezone.override(zone_of(request)):
                response = guarded(request, *args, **kwargs)
                if isinstance(response, SimpleTemplateResponse):
                    response.render()  # while the zone holds
            return response

        return cast("View", shown)

    def get_app_list(
        self, request: HttpRequest, app_label: str | None = None
    ) -> list[dict[str, Any]]:
        """Return the desks with what this person may see; an app's own list by its label."""
        apps = super().get_app_list(request, app_label)
        if app_label:
            return apps
        models = {
            f"{app['app_label']}.{model['object_name']}": model
            for app in apps
            for model in app["models"]
        }
        desks = []
        for name, labels in DESKS:
            found = [(label, models.pop(label)) for label in labels if label in models]
            if found:
                desks.append(_desk(name, found))
        if models:
            desks.append(_desk("More", list(models.items())))
        return desks

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        """The desk home: what waits, for whom, and what does not do well."""
        from newsroom.site import admin_home

        context = {
            **admin_home.home(request.user, timezone.now()),
            **(extra_context or {}),
        }
        return super().index(request, context)

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The login; 429 where passwords are tried too fast."""
        from staff.forms import LoginForm

        self.login_form = LoginForm
        return _slowed(super().login(request, extra_context))

    def logout(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        """The end of a session, noted with whose it was."""
        from staff import access

        name = request.user.get_username()  # empty for nobody
        response = super().logout(request, extra_context)
        if name and request.method == "POST":
            access.signed_out(request, name, now=timezone.now())
        return response

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        """One's own password; 429 where the old one is guessed at."""
        from django.contrib.auth.views import PasswordChangeView

        from staff.forms import PasswordChangeForm
        from staff.request_address import client_address

        request.current_app = self.name
        view = PasswordChangeView.as_view(
            form_class=partial(PasswordChangeForm, address=client_address(request)),
            success_url=reverse("admin:password_change_done", current_app=self.name),
            extra_context={**self.each_context(request), **(extra_context or {})},
        )
        return cast("TemplateResponse", _slowed(view(request)))


def _slowed[Answer: HttpResponseBase](response: Answer) -> Answer:
    """Answer 429 with Retry-After if the form in this page asks for patience."""
    shown = getattr(response, "context_data", None) or {}
    if wait := getattr(shown.get("form"), "wait", 0):
        response.status_code = 429
        response.headers["Retry-After"] = str(wait)
    return response


def zone_of(request: HttpRequest) -> ZoneInfo:
    """Return the zone this person works in, UTC where none that exists is named."""
    return zones.find(getattr(request.user, "time_zone", "")) or ZoneInfo("UTC")


def _desk(name: str, found: list[tuple[str, dict[str, Any]]]) -> dict[str, Any]:
    models = [
        {**model, "name": NAMES.get(label, model["name"])} for label, model in found
    ]
    return {
        "name": name,
        "app_label": name.lower(),
        "app_url": models[0]["admin_url"],
        "has_module_perms": True,
        "models": models,
    }
