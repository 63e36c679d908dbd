"""Templates and stylesheets are read in diffs, so their lines have an end."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
LONGEST = 160  # characters of a line
FOLDERS = ("templates", "newsroom/static/css")


def test_no_line_of_a_template_or_a_stylesheet_is_longer_than_160_characters():
    files = [
        path
        for folder in FOLDERS
        for suffix in ("html", "css")
        for path in sorted((ROOT / folder).rglob(f"*.{suffix}"))
    ]
    assert {path.suffix for path in files} == {".html", ".css"}
    assert too_long(files) == []


def test_a_line_that_is_too_long_is_told_by_file_and_line(tmp_path):
    page = tmp_path / "page.html"
    page.write_text(f"<p>\n{'x' * LONGEST}\n{'x' * (LONGEST + 1)}\n")

    assert too_long([page]) == [f"{page}:3: 161 characters"]


def too_long(files: list[Path]) -> list[str]:
    """Return the lines that are too long, as "file:line: length"."""
    return [
        f"{path.relative_to(ROOT) if path.is_relative_to(ROOT) else path}"
        f":{number}: {len(line)} characters"
        for path in files
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if len(line) > LONGEST
    ]
