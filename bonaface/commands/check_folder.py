"""`bonaface check FOLDER`: all media of a folder, one after another, in a table."""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from urllib.parse import quote

from bonaface.commands.terminal import bar, say

if TYPE_CHECKING:
    from bonaface.forensics.report.report import Report

MEDIA: Final = frozenset(
    [
        ".mp4",
        ".mov",
        ".m4v",
        ".mkv",
        ".webm",
        ".avi",
        ".mpg",
        ".mpeg",
        ".ts",
        ".3gp",
        ".jpg",
        ".jpeg",
        ".png",
        ".webp",
        ".gif",
        ".bmp",
        ".tif",
        ".tiff",
        ".heic",
        ".avif",
        ".wav",
        ".mp3",
        ".m4a",
        ".aac",
        ".ogg",
        ".oga",
        ".opus",
        ".flac",
    ]
)
WHY: Final = 90  # letters of the main reason
Check: TypeAlias = Callable[[Path, Callable[[float], None]], "Report"]


@dataclass(frozen=True, slots=True)
class Row:
    """One file: what it is, or why it could not be checked."""

    name: str  # within the folder
    verdict: str
    probability: float | None
    why: str
    code: int
    page: str | None = None  # the file of its report


def list_media(folder: Path) -> tuple[Path, ...]:
    """Files of kinds that can be checked, in order of name; links are not followed."""
    found: list[Path] = []
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        paths = (Path(place) / name for name in names if not name.startswith("."))
        found += (p for p in paths if p.suffix.lower() in MEDIA and not p.is_symlink())
    return tuple(sorted(found))


def run_folder(folder: Path, check: Check, *, lines: bool, reports: Path | None) -> int:
    """Check all; `lines` prints one JSON object for each, `reports` is a folder for pages.

    Exit codes: 0 nothing suspicious, 1 something was made or forged, 2 of something nothing could
    be told, 3 something could not be read; the first of 1, 3, 2 that holds. Raises UnreadableMedia
    for a folder without media, UnwritableMedia.
    """
    from bonaface.errors import UnreadableMedia

    files = list_media(folder)
    if not files:
        raise UnreadableMedia(f"There are no media files in {folder}.", "Name another folder.")
    rows: list[Row] = []
    with bar(f"Checking {len(files)} files", float(len(files)), share=True) as progress:
        for row, fields in _checked(folder, files, check, reports, progress.reach):
            rows.append(row)
            if lines:
                print(json.dumps(fields, ensure_ascii=False), flush=True)
    if not lines:
        print(to_table(rows))
    if reports is not None:
        _write(reports / "index.html", to_index(folder.name, rows))
        say(f"The reports are in {reports}; begin with index.html.")
    codes = {row.code for row in rows}
    return next((code for code in (1, 3, 2) if code in codes), 0)


def _checked(
    folder: Path,
    files: tuple[Path, ...],
    check: Check,
    reports: Path | None,
    reach: Callable[[float], None],
) -> Iterator[tuple[Row, dict[str, Any]]]:
    from bonaface.errors import BonafaceError
    from bonaface.forensics.report.page import to_page
    from bonaface.forensics.report.report import to_json

    for i, file in enumerate(files):
        name = file.relative_to(folder).as_posix()
        reach(float(i))
        try:
            report = check(file, lambda share, i=i: reach(i + share))  # type: ignore[misc]
        except BonafaceError as error:  # one broken file is no reason to leave out the others
            yield Row(name, "not checked", None, str(error), 3), {"file": name, "error": str(error)}
            continue
        page = None
        if reports is not None:
            page = f"{i + 1:04d}.html"
            _write(reports / page, to_page(report))
        verdict = report.verdict
        why = verdict.reasons[0] if verdict.reasons else ""
        row = Row(name, verdict.word, verdict.probability, why, verdict.exit_code, page)
        yield row, json.loads(to_json(report))


def to_table(rows: list[Row]) -> str:
    """A row for each file, for the terminal."""
    wide = min(40, max(len(row.name) for row in rows))
    lines = [f"{'File':<{wide}}  {'Verdict':<16}  {'Chance':>6}  Why"]
    for row in rows:
        name = row.name if len(row.name) <= wide else "…" + row.name[1 - wide :]
        chance = "" if row.probability is None else f"{row.probability:.0%}"
        why = row.why if len(row.why) <= WHY else row.why[: WHY - 1] + "…"
        line = f"{name:<{wide}}  {row.verdict:<16}  {chance:>6}  {why}"
        lines.append("".join(letter if letter.isprintable() else "?" for letter in line))
    return "\n".join(lines)


def to_index(name: str, rows: list[Row]) -> str:
    """A page that leads to the reports."""
    from bonaface.forensics.report.style import read_style

    style = read_style()
    body = "".join(_index_row(row) for row in rows)
    head = "".join(f'<th scope="col">{one}</th>' for one in ("File", "Verdict", "Chance", "Why"))
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" '
        'content="width=device-width, initial-scale=1"><meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>Reports on {escape(name)}</title><style>{style}</style></head><body><main>"
        f"<h1>Reports on {escape(name)}</h1><p>{len(rows)} files were checked. A row is a summary; "
        "what it rests on, and what could not be told, is in the report.</p>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></main></body></html>"
    )


def _index_row(row: Row) -> str:
    name = escape(row.name)
    linked = name if row.page is None else f'<a href="{quote(row.page)}">{name}</a>'
    chance = "" if row.probability is None else f"{row.probability:.0%}"
    return (
        f'<tr><th scope="row">{linked}</th><td>{escape(row.verdict)}</td><td>{chance}</td>'
        f"<td>{escape(row.why)}</td></tr>"
    )


def _write(path: Path, page: str) -> None:
    from bonaface.errors import UnwritableMedia
    from bonaface.vault import write_whole

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as cause:
        raise UnwritableMedia(f"{path.parent} cannot be made: {cause.strerror}.") from cause
    write_whole(path, page.encode("utf-8", "replace"))
