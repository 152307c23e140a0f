"""Whole folders: each file has its row, broken ones too, and pages are whole and harmless."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from test_server_uploads import drawn

from bonaface.cli import main
from bonaface.commands.check_folder import Row, list_media, run_folder, to_index, to_table
from bonaface.errors import UnreadableMedia
from bonaface.forensics.origin.evidence import Evidence
from bonaface.forensics.report.report import Report, make_report
from bonaface.marks.credentials.files import Credentials

HOSTILE = "a<script>alert(1)</script>\x1b[2J.png"


def found(path: Path, tell: Callable[[float], None]) -> Report:
    """A check that finds nothing, and cannot read what is broken."""
    tell(0.5)
    if "broken" in path.name:
        raise UnreadableMedia(f"Cannot read {path.name}.", "Try another copy.")
    return make_report(str(path), "00", "image", Evidence(Credentials("none")))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "files"
    (place / "deeper").mkdir(parents=True)
    (place / ".hidden").mkdir()
    for name in ("b.png", "deeper/c.MP4", "broken.wav", "notes.txt", ".hidden/d.png", ".e.png"):
        (place / name).write_bytes(b"x")
    (place / "link.png").symlink_to("/etc/hostname")
    return place


def test_media_are_listed_and_links_are_not_followed(folder: Path) -> None:
    names = [path.relative_to(folder).as_posix() for path in list_media(folder)]
    assert names == ["b.png", "broken.wav", "deeper/c.MP4"]


def test_broken_files_do_not_stop_the_others(
    folder: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    reports = tmp_path / "new" / "reports"
    assert run_folder(folder, found, lines=True, reports=reports) == 3
    said = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one.get("verdict") for one in said] == ["cannot-tell", None, "cannot-tell"]
    assert said[1]["error"].startswith("Cannot read broken.wav")
    index = (reports / "index.html").read_text()
    assert 'href="0001.html"' in index
    assert 'href="0002.html"' not in index
    assert sorted(one.name for one in reports.iterdir()) == [
        "0001.html",
        "0003.html",
        "index.html",
    ]


def test_the_table_and_the_index_bear_hostile_names() -> None:
    rows = [Row(HOSTILE, "made-by-ai", 0.999, "why & why", 1, "0001.html")]
    assert "\x1b" not in to_table(rows)
    assert "100%" in to_table(rows)
    assert "<script>" not in to_index("<b>", rows)
    assert "<b>" not in to_index("<b>", rows)


def test_an_empty_folder_and_an_unwritable_report_are_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", str(tmp_path)]) == 3
    assert "no media files" in capsys.readouterr().err
    (tmp_path / "a.png").write_bytes(drawn())
    (tmp_path / "taken").write_text("a file")
    assert main(["check", str(tmp_path), "--report", str(tmp_path / "taken" / "in")]) == 3
    assert "cannot be made" in capsys.readouterr().err
