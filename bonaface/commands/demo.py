"""`bonaface demo`: the main job on a real portrait, from consent to check."""

import argparse
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from bonaface.commands.terminal import bar, say

if TYPE_CHECKING:
    from bonaface.consent.records import ConsentRecord

HELP = "see it work: a portrait speaks, and the video is read back"
DESCRIPTION = """\
Fetches the models, records a consent for a public-domain portrait (Rear Admiral Grace M. Hopper,
US Navy, 1984), lets it say a sentence, writes demo/hello.mp4 and reads it back."""
TEXT = "Hello. I am a photograph, and this voice is not hers. Every picture you see here says so."
SUBJECT = "Grace M. Hopper (1906-1992)"
PURPOSE = "demonstration"
VALID = timedelta(days=365)


def add(parsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = parsers.add_parser("demo", help=HELP, description=DESCRIPTION)
    parser.add_argument("--text", default=TEXT, help="what the portrait says")
    parser.add_argument("--folder", type=Path, default=Path("demo"), help="default: demo")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Do the whole job; the verdict is printed, and 0 answered when it is the expected one."""
    from bonaface import weights
    from bonaface.catalogue import CATALOGUE
    from bonaface.commands.models import fetch_missing

    fetch_missing([entry for entry in CATALOGUE if entry.needed])
    folder: Path = options.folder
    folder.mkdir(parents=True, exist_ok=True)
    portrait = weights.find("portrait-hopper")
    _speak(portrait, options.text, folder)
    return _check(folder / "hello.mp4")


def _speak(portrait: Path, text: str, folder: Path) -> None:
    from bonaface.consent.records import save_record
    from bonaface.core import SECOND
    from bonaface.speak import Style, from_text, speak

    record = grant_portrait(portrait)
    save_record(record, folder / "hopper.consent.json")
    say(f"{folder / 'hopper.consent.json'}: the consent record")
    output, style = folder / "hello.mp4", Style(size=(720, 720), rate=Fraction(25))
    with bar(f"Making {output}") as progress:
        parts = from_text(text)
        gate = (record, PURPOSE)
        speak(portrait, gate, parts, style, output, lambda at: progress.reach(at / SECOND))
    say(f"{output}: labelled, watermarked, signed")


def grant_portrait(portrait: Path) -> "ConsentRecord":
    """Record the consent for the demo's portrait: a historical figure, in the public domain."""
    from bonaface.consent.portrait import hash_portrait
    from bonaface.consent.records import Terms, grant
    from bonaface.media.photos import read_bytes, read_photo

    now = datetime.now(UTC)
    terms = Terms(
        subject=SUBJECT,
        basis="public-domain-historical",
        purposes=(PURPOSE,),
        valid_until=(now + VALID).date(),
    )
    return grant(hash_portrait(read_bytes(portrait), read_photo(portrait)), terms, now)


def _check(output: Path) -> int:
    from bonaface.check import check
    from bonaface.forensics.report.report import to_text

    with bar(f"Reading {output} back"):
        report = check(output)
    print(to_text(report))
    return 0 if report.verdict.word == "made-by-ai" else 3
