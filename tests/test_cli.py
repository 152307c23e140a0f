"""The command line: quick to answer, clear when something is wrong."""

import subprocess
import sys
from pathlib import Path

import pytest

from bonaface.cli import main, parser
from bonaface.commands.consent import BASES
from bonaface.consent import records

HEAVY = ("numpy", "cv2", "numba", "scipy", "onnxruntime", "av", "c2pa", "ai_edge_litert", "rich")
COMMANDS = ("speak", "check", "consent", "demo", "models", "keys", "log")


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from bonaface.cli import parser; parser().format_help();"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_help_teaches_the_first_three_steps() -> None:
    text = parser().format_help()
    for step in ("consent grant", "bonaface speak", "bonaface check"):
        assert step in text


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "--help"]) == 0
    assert len(capsys.readouterr().out) > 300


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["speak", "a.jpg"], "--text"),
        (["speak", "a.jpg", "--text", "a", "--audio", "b.wav"], "not allowed"),
        (["speak", "a.jpg", "--text", "a", "--size", "huge"], "write 720 or 1280x720"),
        (["speak", "a.jpg", "--text", "a", "--size", "20"], "128 to 2160"),
        (["speak", "a.jpg", "--text", "a", "--size", "1x2x3"], "128 to 2160"),
        (["speak", "a.jpg", "--text", "a", "--fps", "0"], "5 to 60"),
        (["speak", "a.jpg", "--text", "a", "--fps", "1/0"], "write 25"),
        (["speak", "a.jpg", "--text", "a", "--manner", "wild"], "calm"),
        (["consent", "grant", "--until", "tomorrow"], "write it as 2027-12-31"),
        (["nothing"], "invalid choice"),
    ],
)
def test_wrong_words_are_an_error_not_a_verdict(
    words: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 3
    assert says in capsys.readouterr().err


def test_a_missing_file_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(tmp_path / "none.mp4")]) == 3
    assert "There is no file" in capsys.readouterr().err


def test_no_record_no_face(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    photo = tmp_path / "photo.png"
    from PIL import Image  # noqa: PLC0415

    Image.new("RGB", (200, 200)).save(photo)
    assert main(["speak", str(photo), "--text", "Hello.", "-o", str(tmp_path / "a.mp4")]) == 3
    assert "Nobody has said yes" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["photo.png"]


def test_bases_are_those_of_the_records() -> None:
    assert BASES == records.BASES


def test_manners_are_those_of_the_face() -> None:
    from bonaface.avatar.manner import MANNERS as OF_THE_FACE  # noqa: PLC0415
    from bonaface.commands.speak import MANNERS  # noqa: PLC0415

    assert tuple(OF_THE_FACE) == MANNERS


def test_models_list_names_sizes_and_licences(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "list"]) == 0
    out = capsys.readouterr().out
    assert "face-mesh" in out
    assert "Apache-2.0" in out
    assert " MB" in out
