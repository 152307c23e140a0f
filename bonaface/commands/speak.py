"""`bonaface speak`: a photo speaks."""

import argparse
import sys
from fractions import Fraction
from pathlib import Path

from bonaface.commands.terminal import bar, say

HELP = "make a photo speak: a labelled, watermarked, signed video"
DESCRIPTION = """\
A portrait says a text, or follows a recording with its lips. It needs a consent record for exactly
this photo (see `bonaface consent --help`); the video carries a visible label, hidden marks in
picture and sound, and signed credentials. There is no option to leave them out."""
EPILOG = """\
  bonaface speak ada.jpg --consent ada.consent.json --text "Good morning." -o ada.mp4
  bonaface speak ada.jpg --consent ada.consent.json --audio talk.wav --fps 30 --size 720 -o ada.mp4
  echo "Read from a pipe." | bonaface speak ada.jpg --consent ada.consent.json --text -

The photo: one face looking at the camera, JPEG, PNG or WebP, the face 96 pixels wide or more."""
MANNERS = ("calm", "warm", "lively")
SMALLEST, LARGEST = 128, 2160  # px a side
SLOWEST, FASTEST = 5, 60  # pictures a second


def add(parsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    shape = argparse.RawDescriptionHelpFormatter
    parser = parsers.add_parser(
        "speak", help=HELP, description=DESCRIPTION, epilog=EPILOG, formatter_class=shape
    )
    parser.add_argument("photo", type=Path, metavar="PHOTO", help="the portrait")
    parser.add_argument("--consent", type=Path, metavar="RECORD", help="who said yes to this")
    words = parser.add_mutually_exclusive_group(required=True)
    words.add_argument("--text", metavar="TEXT", help="what to say; - reads it from a pipe")
    words.add_argument("--text-file", type=Path, metavar="FILE", help="what to say, UTF-8")
    words.add_argument("--audio", type=Path, metavar="FILE", help="a recording to follow")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="default: PHOTO.mp4 here")
    _add_style(parser)
    parser.set_defaults(run=run)


def _add_style(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--voice",
        default="default",
        metavar="NAME",
        help="default (a woman), male, or one of many; an unknown name lists them",
    )
    parser.add_argument(
        "--size", type=_size, default=(512, 512), metavar="N|WxH", help="pixels; default 512"
    )
    parser.add_argument(
        "--fps", type=_rate, default=Fraction(25), metavar="N", help="pictures a second; default 25"
    )
    parser.add_argument("--manner", choices=MANNERS, default="warm", help="default: warm")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="same seed, same video")
    parser.add_argument(
        "--face", type=int, metavar="N", help="of several faces, the Nth from the left"
    )
    parser.add_argument(
        "--language", default="en", metavar="TAG", help="of the label: de, fr, pt-BR; default en"
    )
    parser.add_argument(
        "--label", choices=("eu", "china"), default="eu", help="the rule it follows; default eu"
    )
    parser.add_argument(
        "--purpose", metavar="SLUG", help="needed where the record allows several purposes"
    )


def _size(text: str) -> tuple[int, int]:
    try:
        sides = [int(side) for side in text.lower().split("x")]
    except ValueError as cause:
        raise argparse.ArgumentTypeError(f"{text!r}: write 720 or 1280x720") from cause
    width, height = (sides * 2)[:2] if len(sides) == 1 else (sides if len(sides) == 2 else (0, 0))
    if not all(SMALLEST <= side <= LARGEST for side in (width, height)):
        raise argparse.ArgumentTypeError(
            f"{text!r}: each side takes {SMALLEST} to {LARGEST} pixels"
        )
    return width // 2 * 2, height // 2 * 2  # H.264 halves the colour


def _rate(text: str) -> Fraction:
    try:
        rate = Fraction(text)
    except (ValueError, ZeroDivisionError) as cause:
        raise argparse.ArgumentTypeError(f"{text!r}: write 25, 29.97 or 30000/1001") from cause
    if not SLOWEST <= rate <= FASTEST:
        raise argparse.ArgumentTypeError(f"{text!r}: from {SLOWEST} to {FASTEST} pictures a second")
    return rate.limit_denominator(1001)


def run(options: argparse.Namespace) -> int:
    """Make the video; prints its path."""
    from bonaface.consent.records import load_record
    from bonaface.core import SECOND
    from bonaface.marks.label.wording import word
    from bonaface.media.files import look
    from bonaface.speak import Style, from_sound, from_text, speak

    record = load_record(options.consent) if options.consent else None
    output = options.output or Path(f"{options.photo.stem}.mp4")
    words = word(options.language, options.label)
    style = Style(options.size, options.fps, options.manner, options.seed, options.face, words)
    if options.audio:
        parts, seconds = from_sound(options.audio), look(options.audio).seconds
    else:
        parts, seconds = from_text(_text(options), options.voice, _tell_skipped), None
    with bar(f"Making {output}", seconds) as progress:
        speak(
            options.photo,
            (record, options.purpose),
            parts,
            style,
            output,
            lambda at: progress.reach(at / SECOND),
        )
    say("Labelled, watermarked and signed. Read it back with: bonaface check " + str(output))
    print(output)
    return 0


def _tell_skipped(words: str) -> None:
    say(f"Left out, since this voice cannot say it: {words}")


def _text(options: argparse.Namespace) -> str:
    from bonaface.errors import UnreadableMedia

    if options.text_file is None:
        return sys.stdin.read() if options.text == "-" else str(options.text)
    try:
        text: str = options.text_file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as cause:
        remedy = "Give a text file in UTF-8."
        raise UnreadableMedia(f"Cannot read {options.text_file}: {cause}.", remedy) from cause
    return text
