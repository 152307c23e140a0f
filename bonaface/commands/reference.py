"""`bonaface reference`: enrol a person who said yes, to tell them from impostors later."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from bonaface.commands.terminal import bar, say

if TYPE_CHECKING:
    from bonaface.forensics.reference.file import Reference

HELP = "enrol a person's voice, face and motion, with consent, to compare recordings with"
DESCRIPTION = """\
Measures voice, face and motion of a person who agreed to it, and keeps the measurements (no sound,
no picture) in a file that only you can read. Recordings and calls are then compared with it:

  bonaface consent grant --portrait ada.jpg --subject "Ada" --basis self \\
      --purpose reference --until 2027-12-31 -o ada.consent.json
  bonaface reference make ada1.mp4 ada2.wav --consent ada.consent.json --portrait ada.jpg \\
      -o ada.reference
  bonaface check call.mp4 --as ada.reference

Give a minute or more of clear speech by this person alone, and of the face. The measurements are
biometric data (GDPR, Article 9): they may be kept only while the person agrees, and are refused
once the consent has ended or was revoked."""


def add(parsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    shape = argparse.RawDescriptionHelpFormatter
    parser = parsers.add_parser(
        "reference", help=HELP, description=DESCRIPTION, formatter_class=shape
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    make = actions.add_parser("make", help="enrol a person")
    make.add_argument("files", type=Path, nargs="+", metavar="FILE", help="videos and sounds")
    make.add_argument("--consent", type=Path, required=True, metavar="RECORD", help="their yes")
    photo = "the photo of the consent; needed for the face, which must be the same"
    make.add_argument("--portrait", type=Path, metavar="PHOTO", help=photo)
    make.add_argument("-o", "--output", type=Path, required=True, metavar="FILE.reference")
    for name, words in (("show", "what a reference holds"), ("delete", "delete a reference")):
        action = actions.add_parser(name, help=words)
        action.add_argument("file", type=Path, metavar="FILE.reference")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Do it; errors are raised."""
    return {"make": _make, "show": _show, "delete": _delete}[options.action](options)


def _make(options: argparse.Namespace) -> int:
    from bonaface.consent.records import load_record
    from bonaface.enrol import enrol
    from bonaface.forensics.reference.file import save_reference
    from bonaface.media.photos import read_photo

    record = load_record(options.consent)
    portrait = read_photo(options.portrait) if options.portrait else None
    with bar("Measuring", 1.0, share=True) as progress:
        reference = enrol(options.files, record, portrait, progress.reach)
    save_reference(reference, options.output)
    say(f"Enrolled in {options.output}: {_holds(reference)}.")
    if reference.voice is None:
        say("There was too little clear speech for the voice: give ten seconds or more.")
    if reference.face is not None and reference.motion is None:
        why = "that needs ten seconds of it talking"
        if not record.measures_motion:
            why = "this consent is from before it was measured; grant it again"
        say(f"How the face moves is not enrolled: {why}.")
    if portrait is None:
        say("No face is enrolled: that needs the photo of the consent, --portrait PHOTO.")
    return 0


def _show(options: argparse.Namespace) -> int:
    from datetime import UTC, datetime

    from bonaface.consent import ledger
    from bonaface.forensics.reference.file import load_reference

    reference = load_reference(options.file)
    state = ledger.status(reference.record_id, reference.digest, datetime.now(UTC))
    print(f"Holds     {_holds(reference)}")
    print(f"Made      {reference.made_at:%Y-%m-%d}")
    print(f"Consent   {reference.record_id}, {state}, until {reference.until}")
    return 0


def _delete(options: argparse.Namespace) -> int:
    from bonaface.errors import UnwritableMedia
    from bonaface.forensics.reference.file import load_reference

    load_reference(options.file)  # nothing else is deleted by mistake
    try:
        options.file.unlink()
    except OSError as cause:
        raise UnwritableMedia(f"{options.file} could not be deleted: {cause.strerror}.") from cause
    say(f"{options.file} is deleted.")
    return 0


def _holds(reference: "Reference") -> str:
    from bonaface.forensics.words import join

    parts = []
    if reference.voice is not None:
        parts.append(f"a voice, from {reference.voice.seconds:.0f} s of speech")
    if reference.face is not None:
        parts.append(f"a face, from {reference.face.seconds:.0f} looks")
    if reference.motion is not None:
        motion = reference.motion
        phones = sum(count for _, count in motion.shapes.values())
        mouths = f" and {phones} mouth shapes" if phones else ""
        parts.append(f"how it moves, from {motion.seconds:.0f} s of a talking face{mouths}")
    return join(parts)
