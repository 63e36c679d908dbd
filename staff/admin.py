"""The desk's windows on people: who works here, and who came in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import LogEntry
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import UserChangeForm as DjangoUserChangeForm
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.formats import date_format

from staff import access, role_changes
from staff.models import AccessEvent, User
from staff.request_address import client_address

RECENT = 5  # sign-ins shown beside somebody


class UserChangeForm(DjangoUserChangeForm):
    """Django's, which lets nobody shut the door behind the last who has the keys."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for field in ("is_active", "is_staff"):
            given_up = field in cleaned and not cleaned[field]
            if given_up and role_changes.leaves_no_superuser([self.instance]):
                self.add_error(field, role_changes.LAST_SUPERUSER)
        return cleaned


@admin.register(User)
class UserAdmin(DjangoUserAdmin):
    """People and their roles. Nobody hands out single permissions by hand."""

    form = UserChangeForm
    list_display = [
        "username",
        "first_name",
        "last_name",
        "role",
        "is_active",
        "last_login",
    ]
    list_filter = ["role", "is_active"]
    search_fields = ["username", "first_name", "last_name", "email"]
    filter_horizontal = []
    readonly_fields = ["recent_sign_ins"]
    fieldsets = [
        (None, {"fields": ["username", "password"]}),
        ("Person", {"fields": ["first_name", "last_name", "email", "time_zone"]}),
        ("Newsroom", {"fields": ["role", "is_staff", "is_active"]}),
        ("Sign-ins", {"fields": ["recent_sign_ins"]}),
    ]
    add_fieldsets = [
        (
            None,
            {
                "fields": [
                    "username",
                    "role",
                    "is_staff",
                    "usable_password",
                    "password1",
                    "password2",
                ]
            },
        ),
    ]

    @admin.display(description="The last ones")
    def recent_sign_ins(self, person: User) -> str:
        """Return when and from where, a line each."""
        events = AccessEvent.objects.sign_ins().filter(name=person.username)
        lines = [
            f"{date_format(timezone.localtime(event.at), 'DATETIME_FORMAT')},"
            f" from {event.address}"
            for event in events.newest_first()[:RECENT]
        ]
        return "\n".join(lines) or "None in the last months."

    def save_model(
        self,
        request: HttpRequest,
        obj: User,
        form: forms.ModelForm[User],
        change: bool,  # noqa: FBT001
    ) -> None:
        """Save, and note what rights were given or taken by whom."""
        super().save_model(request, obj, form, change)
        detail = (
            role_changes.difference(form.initial, obj) if change else f"new, {obj.role}"
        )
        if detail:
            _note(AccessEvent.Kind.RIGHTS, request, obj, detail)

    def log_deletions(
        self, request: HttpRequest, queryset: QuerySet[User]
    ) -> list[LogEntry]:
        """Note who was deleted, beside Django's own log."""
        for person in queryset:
            _note(AccessEvent.Kind.RIGHTS, request, person, "deleted")
        return super().log_deletions(request, queryset)

    def user_change_password(
        self,
        request: HttpRequest,
        id: str,  # noqa: A002
        form_url: str = "",
    ) -> HttpResponse:
        """Set somebody's password, and note by whom."""
        before = self.get_object(request, unquote(id))
        response: HttpResponse = super().user_change_password(request, id, form_url)
        after = before and User.objects.filter(pk=before.pk).first()
        if before and after and before.password != after.password:
            _note(AccessEvent.Kind.PASSWORD, request, after, "")
        return response

    def get_deleted_objects(
        self,
        objs: Any,  # noqa: ANN401
        request: HttpRequest,
    ) -> tuple[list[Any], dict[str, int], set[str], list[str]]:
        """Protect the last superuser, as Django does what others still need."""
        listed, counts, needed, protected = super().get_deleted_objects(objs, request)
        if role_changes.leaves_no_superuser(objs):
            protected = [role_changes.LAST_SUPERUSER, *protected]
        return listed, counts, needed, protected

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        view = super().changelist_view
        return _unless_last(request, lambda: view(request, extra_context))

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        view = super().changeform_view
        return _unless_last(
            request, lambda: view(request, object_id, form_url, extra_context)
        )

    def delete_view(
        self,
        request: HttpRequest,
        object_id: str,
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        view = super().delete_view

        def unless_seen() -> HttpResponse:
            person = self.get_object(request, unquote(object_id))
            if (
                person is None
                or not self.has_delete_permission(request, person)
                or not role_changes.leaves_no_superuser([person])
            ):
                return view(request, object_id, extra_context)
            messages.error(request, role_changes.LAST_SUPERUSER)
            return redirect("admin:staff_user_change", person.pk)

        return _unless_last(request, unless_seen)


@admin.register(AccessEvent)
class AccessEventAdmin(admin.ModelAdmin):
    """Who came in, failed to, or was given other rights. Nobody writes here by hand."""

    list_display = ["at", "kind", "name", "address", "by", "detail"]
    list_filter = ["kind", "at"]
    search_fields = ["name", "address", "by"]
    ordering = ["-at", "-pk"]
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ANN401
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ANN401
        return False


def _note(
    kind: AccessEvent.Kind, request: HttpRequest, person: User, detail: str
) -> None:
    access.record(
        kind,
        person.username,
        client_address(request),
        now=timezone.now(),
        by=request.user.get_username(),
        detail=detail,
    )


def _unless_last(
    request: HttpRequest, view: Callable[[], HttpResponse]
) -> HttpResponse:
    """Answer with a sentence where the database refused to lose the last superuser.

    Two who remove each other take turns, or the log of the one would wait for the row
    of the other, and the database end one of them by force.
    """
    try:
        if request.method != "POST":
            return view()
        with transaction.atomic():
            role_changes.take_turns()
            return view()
    except IntegrityError as error:
        if not role_changes.is_last_superuser(error):
            raise
    messages.error(request, role_changes.LAST_SUPERUSER)
    return HttpResponseRedirect(request.get_full_path())
