"""What a password must be beside Django's own rules."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError

from staff.models import User

SHORTEST_NAME = 3  # characters of a name that can be told from chance


class NameValidator:
    """Refuses a password that leans on its owner's name: `oskar12345` of oskar.

    Django's `UserAttributeSimilarityValidator` compares letters and lets a name with as
    many digits pass. Here what is left without the names must be long enough by itself.
    """

    def __init__(self, min_length: int = 12) -> None:
        self.min_length = min_length  # characters

    def validate(self, password: str, user: User | None = None) -> None:
        """Raise `ValidationError` if too little is left."""
        left = password
        for name in sorted(_names(user), key=len, reverse=True):
            left = re.sub(re.escape(name), "", left, flags=re.IGNORECASE)
        if left != password and len(left) < self.min_length:
            raise ValidationError(
                "The password is mostly your name. Without the name it must still have"
                f" {self.min_length} characters.",
                code="password_is_a_name",
            )

    def get_help_text(self) -> str:
        return "Your name does not count towards the length of your password."


def _names(user: User | None) -> set[str]:
    """Return the words of all that somebody is called by."""
    if user is None:
        return set()
    called = (user.username, user.first_name, user.last_name, user.email)
    words = (word for text in called for word in re.split(r"[\W_]+", text or ""))
    return {word for word in words if len(word) >= SHORTEST_NAME}
