"""The people of the fictional paper, and the passwords made for them."""

from __future__ import annotations

import os
import secrets
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from django.contrib.auth.hashers import make_password

from demo import paper
from staff.models import Role, User


def hire() -> dict[str, str]:
    """Add everybody who is missing; return the new logins: user name and password."""
    rows = paper.table("staff")["person"]
    known = set(User.objects.values_list("username", flat=True))
    missing = [row for row in rows if row["username"] not in known]
    logins = {
        row["username"]: secrets.token_urlsafe(9) for row in missing if row.get("login")
    }
    with ThreadPoolExecutor(max_workers=2) as pool:  # hashing is slow by design
        hashed = dict(
            zip(logins, pool.map(make_password, logins.values()), strict=True)
        )
    for row in missing:
        first, last = row["name"].split(" ", 1)
        User.objects.create(
            username=row["username"],
            first_name=first,
            last_name=last,
            email=f"{row['username']}@halyard.example",
            role=row["role"],
            is_staff=True,
            password=hashed.get(row["username"]) or make_password(None),
        )
    return logins


def by_name() -> dict[str, User]:
    """The paper's people by the names they sign with."""
    usernames = [row["username"] for row in paper.table("staff")["person"]]
    people = User.objects.filter(username__in=usernames)
    return {person.get_full_name(): person for person in people}


def logins_file(var: Path) -> Path:
    return var / "demo-logins.txt"


def write_down(logins: dict[str, str], var: Path) -> None:
    """Keep new logins beside older ones, readable to the owner alone."""
    if not logins:
        return
    file = logins_file(var)
    lines = file.read_text().splitlines() if file.exists() else []
    kept = [line for line in lines if line.split("\t")[0] not in logins]
    roles = {row["username"]: row["role"] for row in paper.table("staff")["person"]}
    kept += [
        f"{name}\t{password}\t{Role(roles[name]).label}"
        for name, password in logins.items()
    ]
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as stream:
        stream.write("\n".join(kept) + "\n")
