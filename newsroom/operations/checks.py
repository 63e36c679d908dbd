"""Django system checks of this project's own settings: `manage.py check --deploy`.

`manage.py doctor` prints the same messages.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register
from django.http.request import validate_host

SET_URL = "Set NEWSROOM_URL, such as https://paper.example."


@register("newsroom", deploy=True)
def settings_are_safe(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    """Find settings that show code to readers or let links be forged."""
    found: list[CheckMessage] = []
    if settings.DEBUG:
        said = "NEWSROOM_DEBUG is on: error pages show the code and the settings."
        if is_local(paper_host()):
            found.append(Warning(said, hint="Unset it.", id="newsroom.W001"))
        else:
            found.append(Error(said, hint="Unset it.", id="newsroom.E001"))
    if "*" in settings.ALLOWED_HOSTS:
        found.append(
            Error(
                "NEWSROOM_HOSTS takes any name: links can be forged by a Host header.",
                hint="Name the paper's own hosts.",
                id="newsroom.E002",
            )
        )
    return found


@register("newsroom", deploy=True)
def address_is_usable(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    """Find a public address of the paper that readers cannot use."""
    url = settings.PAPER_URL
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError as error:
        said = f"{url} is no address: {error}."
        return [Error(said, hint=SET_URL, id="newsroom.E003")]
    if parts.scheme not in {"http", "https"} or not host or parts.path or parts.query:
        said = f"“{url}” is no address of a site: scheme and host, nothing more."
        return [Error(said, hint=SET_URL, id="newsroom.E003")]
    literal = f"[{host}]" if ":" in host else host
    if not validate_host(literal, settings.ALLOWED_HOSTS):
        said = f"The site does not answer to its own name, {host}."
        return [Error(said, hint="Add it to NEWSROOM_HOSTS.", id="newsroom.E004")]
    if parts.scheme == "http" and not is_local(host):
        said = f"{url} is not HTTPS: feeds and links lead readers there in the open."
        return [Warning(said, hint=SET_URL, id="newsroom.W005")]
    return []


def paper_host() -> str:
    """Return the host of the paper's address; an empty text where it has none."""
    try:
        return urlsplit(settings.PAPER_URL).hostname or ""
    except ValueError:
        return ""


def is_local(host: str) -> bool:
    """Tell whether a host is this machine alone."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
