"""What each role may do: one table of permissions, read at every check.

The permissions are Django's own names (`app.codename`), so the admin and the workflow ask
`user.has_perm` and nothing else. No group rows: a change of role holds at once.
"""

from __future__ import annotations

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import AnonymousUser
from django.db.models import Model

from staff.models import Role, User

_READ_WIRE = [
    "wire.view_publisher",
    "wire.view_source",
    "wire.view_item",
    "wire.view_version",
]
_WORK_WIRE = [
    "wire.claim_item",
    "wire.draft_item",
]
_RUN_WIRE = [
    "wire.release_item",
    "wire.change_item",
    "wire.add_source",
    "wire.change_source",
    "wire.add_publisher",
    "wire.change_publisher",
    "wire.view_deadletter",
    "wire.change_deadletter",
    "wire.view_fetch",
]
_READ_COPY = [
    "articles.view_section",
    "articles.view_topic",
    "articles.view_author",
    "articles.view_issue",
    "articles.view_article",
    "articles.view_revision",
    "articles.view_move",
    "articles.view_evidence",
    "articles.view_image",
    "articles.view_notice",
    "articles.view_openquestion",
]
_WRITE_COPY = [
    "articles.add_article",
    "articles.change_article",
    "articles.add_image",
    "articles.change_image",
    "articles.add_evidence",
    "articles.change_evidence",
    "articles.delete_evidence",
    "articles.add_openquestion",
    "articles.change_openquestion",
]
_EDIT_COPY = [
    "articles.edit_article",
    "articles.add_topic",
    "articles.change_topic",
    "articles.add_notice",
    "articles.add_author",
    "articles.change_author",
]
_PUBLISH = [
    "articles.publish_article",
    "articles.kill_article",
    "articles.remove_image",
    "articles.add_section",
    "articles.change_section",
    "articles.add_issue",
    "articles.change_issue",
    "articles.close_issue",
]
_READ_MARKETS = [
    "markets.view_exchange",
    "markets.view_session",
    "markets.view_instrument",
    "markets.view_quote",
]
_RUN_MARKETS = [
    "markets.change_exchange",
    "markets.add_session",
    "markets.change_session",
    "markets.add_instrument",
    "markets.change_instrument",
    "markets.view_quarantine",
    "markets.change_quarantine",
    "markets.view_feed",
    "markets.add_feed",
    "markets.change_feed",
]
_STAFF = [
    "staff.view_user",
    "staff.view_accessevent",
]

PERMISSIONS: dict[str, list[str]] = {
    Role.REPORTER: [
        *_READ_WIRE,
        *_WORK_WIRE,
        *_READ_COPY,
        *_WRITE_COPY,
        *_READ_MARKETS,
    ],
    Role.EDITOR: [
        *_READ_WIRE,
        *_WORK_WIRE,
        *_READ_COPY,
        *_WRITE_COPY,
        *_EDIT_COPY,
        *_READ_MARKETS,
    ],
    Role.CHIEF: [
        *_READ_WIRE,
        *_WORK_WIRE,
        *_RUN_WIRE,
        *_READ_COPY,
        *_WRITE_COPY,
        *_EDIT_COPY,
        *_PUBLISH,
        *_READ_MARKETS,
    ],
    Role.WIRE: [*_READ_WIRE, *_WORK_WIRE, *_RUN_WIRE, *_READ_COPY, *_READ_MARKETS],
    Role.MARKETS: [*_READ_WIRE, *_READ_COPY, *_READ_MARKETS, *_RUN_MARKETS],
    Role.OPERATOR: [*_READ_WIRE, *_RUN_WIRE, *_READ_MARKETS, *_RUN_MARKETS, *_STAFF],
}


class RoleBackend(ModelBackend):
    """Django's own backend, with the role's permissions beside those of groups."""

    def get_group_permissions(
        self, user_obj: User | AnonymousUser, obj: Model | None = None
    ) -> set[str]:
        """Return the permissions of the user's role and groups; none when inactive."""
        granted: set[str] = super().get_group_permissions(user_obj, obj)
        if not isinstance(user_obj, User) or not user_obj.is_active or obj is not None:
            return granted
        return granted | set(PERMISSIONS.get(user_obj.role, []))
