"""`bonaface mark`: what other tools made gets all marks."""

import argparse
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bonaface.commands.terminal import bar, say
from bonaface.errors import BonafaceError, SettingsError

if TYPE_CHECKING:
    from bonaface.mark import Order, Outcome

HELP = "mark films, pictures and sounds that other tools made"
DESCRIPTION = """\
Puts all marks on what another tool made or changed: a visible label, a hidden mark in picture and
sound, and signed credentials that name the original as their parent. You say what it is: --ai for
what a model made, --composite for what it changed or added to. Your word is signed with your key,
so say what is true. The original stays as it is."""
EPILOG = """\
  bonaface mark clip.mov --ai -o clip.mp4
  bonaface mark photo.jpg --composite -o photo-marked.jpg
  bonaface mark talk.ogg --ai -o talk.m4a
  bonaface mark clips/*.mp4 picture.png --ai -o marked/        (a folder)

In: films that FFmpeg reads (MP4, MOV, MKV, WebM, AVI, GIF), PNG, JPEG, WebP, and sounds of any
kind. Out: MP4; PNG, JPEG, WebP; WAV, FLAC, MP3, M4A. Camera notes, places, names, titles and
covers are not carried over. What is already marked keeps its marks and is signed anew.
Exit codes: 0 all were marked, 3 some were not. docs/marking.md says more."""
FAILED = 3
QUALITIES = ("best", "high", "small")


def add(parsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    shape = argparse.RawDescriptionHelpFormatter
    parser = parsers.add_parser(
        "mark", help=HELP, description=DESCRIPTION, epilog=EPILOG, formatter_class=shape
    )
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE", help="what is to be marked")
    word = parser.add_mutually_exclusive_group(required=True)
    word.add_argument(
        "--ai", dest="origin", action="store_const", const="ai", help="a model made it"
    )
    word.add_argument(
        "--composite",
        dest="origin",
        action="store_const",
        const="composite",
        help="a model changed it or added to it",
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        required=True,
        metavar="OUT",
        help="the marked file, or a folder for several",
    )
    _add_style(parser)
    parser.add_argument(
        "--salvage", action="store_true", help="mark what is left of a damaged or cut-off file"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a file, for programs")
    parser.set_defaults(run=run)


def _add_style(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--label",
        default="eu",
        metavar="RULE|TEXT",
        help="what is seen: by the rule of the eu (default) or china, or a short text of your own",
    )
    parser.add_argument(
        "--language", default="en", metavar="TAG", help="of the label: de, fr, pt-BR; default en"
    )
    parser.add_argument(
        "--disclaimer",
        choices=("words", "morse"),
        default="words",
        help="what is heard before a sound without pictures; default words",
    )
    parser.add_argument(
        "--quality",
        choices=QUALITIES,
        default="high",
        help="high (default) looks like the original",
    )


def run(options: argparse.Namespace) -> int:
    """Mark each file; one that fails does not keep the others from it."""
    from bonaface.mark import QUALITIES as LEVELS
    from bonaface.mark import Order

    order = Order(
        options.origin,
        _label(options),
        LEVELS[options.quality],
        options.disclaimer,
        options.salvage,
    )
    failed = 0
    for path, output in _outputs(options.files, options.output):
        try:
            outcome = _mark(path, output, order)
        except BonafaceError as error:
            say(f"bonaface: {error}")
            failed += 1
            continue
        print(json.dumps(_fields(path, outcome)) if options.json else outcome.output, flush=True)
    return FAILED if failed else 0


def _label(options: argparse.Namespace) -> str:
    from bonaface.marks.label.wording import RULES, word

    rule = next((rule for rule in RULES if rule == options.label), None)
    return str(options.label) if rule is None else word(options.language, rule).label


def _outputs(files: list[Path], output: Path) -> list[tuple[Path, Path]]:
    """Pair each file with what it becomes."""
    if not output.is_dir():
        if len(files) > 1:
            remedy = f"Make it first (mkdir {output}), or mark one file at a time."
            raise SettingsError(f"{output} is no folder, and there are {len(files)} files.", remedy)
        return [(files[0], output)]
    pairs: dict[Path, Path] = {}
    for path in files:
        target = output / f"{path.stem}{_suffix(path)}"
        if target in pairs:
            remedy = "Mark them one at a time, each with a name of its own."
            raise SettingsError(f"{pairs[target]} and {path} would both become {target}.", remedy)
        pairs[target] = path
    return [(path, target) for target, path in pairs.items()]


def _suffix(path: Path) -> str:
    from bonaface.mark import choose_suffix
    from bonaface.media.files import look

    try:
        return choose_suffix(look(path))
    except BonafaceError:  # said when its turn comes
        return path.suffix


def _mark(path: Path, output: Path, order: "Order") -> "Outcome":
    from bonaface.core import SECOND
    from bonaface.mark import mark
    from bonaface.media.files import look

    seconds, begun = look(path).seconds, time.monotonic()
    with bar(f"Marking {path}", seconds) as progress:
        outcome = mark(path, output, order, lambda at: progress.reach(at / SECOND))
    for note in outcome.notes:
        say(f"  {note}")
    took = time.monotonic() - begun
    speed = f", {seconds / took:.1f} times as fast as it plays" if seconds else ""
    say(f"Marked and signed in {took:.1f} s{speed}. Read it back with: bonaface check {output}")
    return outcome


def _fields(path: Path, outcome: "Outcome") -> dict[str, Any]:
    return {
        "file": str(path),
        "output": str(outcome.output),
        "kind": outcome.media.kind,
        "watermarks": {"picture": outcome.ids.picture_words, "sound": outcome.ids.sound_words},
        "notes": list(outcome.notes),
    }
