"""The forms that ask for a password."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.admin.forms import (
    AdminPasswordChangeForm as DjangosPasswordChangeForm,
)
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from staff import access, login
from staff.models import AccessEvent, User
from staff.request_address import client_address
from staff.throttling import TooMany


class Slowed(forms.Form):
    """A form that may answer "later": `wait` is then in seconds."""

    wait = 0

    def too_many(self, refusal: TooMany) -> ValidationError:
        """Return the refusal as this form's error."""
        self.wait = refusal.seconds
        return ValidationError(str(refusal), code="too_many")


class LoginForm(Slowed, AdminAuthenticationForm):
    """Django's login of the desk, slower with every wrong password."""

    @sensitive_variables()
    def clean(self) -> dict[str, Any]:
        name = self.cleaned_data.get("username")
        if name is None or not self.cleaned_data.get("password"):
            return super().clean()
        if self.request is None:
            raise TypeError("the login must know where it is asked from")
        now, address = timezone.now(), client_address(self.request)
        try:
            cleaned = login.attempt(name, address, super().clean, now=now)
        except TooMany as refusal:
            raise self.too_many(refusal) from refusal
        access.record(AccessEvent.Kind.SIGN_IN, name, address, now=now)
        return cleaned


class PasswordChangeForm(Slowed, DjangosPasswordChangeForm):
    """One's own new password, for the old one."""

    user: User

    def __init__(self, *args: Any, address: str, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        self._address = address

    @sensitive_variables()
    def clean_old_password(self) -> str:
        try:
            return login.attempt(
                self.user.username,
                self._address,
                super().clean_old_password,
                now=timezone.now(),
                at="old password",
            )
        except TooMany as refusal:
            raise self.too_many(refusal) from refusal

    def save(self, commit: bool = True) -> User:  # noqa: FBT001, FBT002
        """Set the password; other sessions of this person end with the old one."""
        user: User = super().save(commit)
        access.record(
            AccessEvent.Kind.PASSWORD,
            user.username,
            self._address,
            now=timezone.now(),
        )
        return user
