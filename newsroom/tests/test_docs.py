"""The documentation says what the code does, where a machine can compare the two."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
READ = re.compile(r"env\.(?:str|bool|int|list|db|float)\(\s*\"([A-Z_]+)\"")
ASKED = re.compile(
    r"environ(?:\.get\(|\[|\.setdefault\()\s*\"((?:NEWSROOM_|PORT|DEMO)\w*)\""
)
INSIDE = {"NEWSROOM_SHARED_DATA", "NEWSROOM_PROOF"}  # for tests alone


def variables():
    names = set(READ.findall((ROOT / "newsroom/settings.py").read_text()))
    for folder in ("newsroom", "demo", "wire", "markets", "articles", "staff"):
        for path in (ROOT / folder).rglob("*.py"):
            if "tests" not in path.parts:
                names |= set(ASKED.findall(path.read_text()))
    return names - INSIDE


def test_every_variable_is_documented_and_no_other():
    page = (ROOT / "docs/configuration.md").read_text()
    documented = set(re.findall(r"^\| `([A-Z_]+)` \|", page, re.MULTILINE))
    assert documented == variables()


def test_the_defaults_told_are_the_defaults():
    page = (ROOT / "docs/configuration.md").read_text()
    told = dict(re.findall(r"^\| `([A-Z_]+)` \| `(\d+)` \|", page, re.MULTILINE))
    settings = (ROOT / "newsroom/settings.py").read_text()
    for name, default in re.findall(
        r"env\.int\(\s*\"([A-Z_]+)\",\s*default=(\d+)", settings
    ):
        assert told[name] == default, name


def test_every_link_between_pages_leads_somewhere():
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_every_requirement_is_pinned_and_says_what_it_is_for():
    for name in ("requirements.txt", "requirements-dev.txt"):
        for line in (ROOT / name).read_text().splitlines():
            if line and not line.startswith(("#", "-r")):
                assert re.match(
                    r"[\w.-]+(\[[\w,-]+\])?==\S+( *;[^#]+)? +# [\w/]", line
                ), line
