"""The command line. Nothing heavy is imported here: `bonaface --help` answers at once."""

import argparse
import os
import sys
from collections.abc import Sequence

from bonaface import __version__
from bonaface.commands import (
    audit,
    check,
    consent,
    demo,
    keys,
    log,
    mark,
    models,
    reference,
    serve,
    speak,
    tokens,
)
from bonaface.commands.terminal import say
from bonaface.errors import BonafaceError

COMMANDS = (speak, serve, mark, check, reference, audit, consent, demo, models, keys, log, tokens)
DESCRIPTION = """\
AI faces and voices in good faith: made with consent, marked, and checkable."""
EPILOG = """\
A first video, in three steps:

  bonaface consent grant --portrait ada.jpg --subject "Ada" --basis self \\
      --purpose training-video --until 2027-12-31 -o ada.consent.json
  bonaface speak ada.jpg --consent ada.consent.json --text "Good morning." -o ada.mp4
  bonaface check ada.mp4

`bonaface COMMAND --help` explains a command. Exit codes: 0 well, 3 and more on errors;
`check` answers 0 no signs or authentic, 1 made or manipulated, 2 cannot tell."""
FAILED, INTERRUPTED = 3, 130


def parser() -> argparse.ArgumentParser:
    """All commands and their options."""
    whole = argparse.ArgumentParser(
        "bonaface",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    whole.add_argument("--version", action="version", version=f"bonaface {__version__}")
    parsers = whole.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.add(parsers)
    return whole


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and answer its exit code."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "OPENCV_FOR_THREADS_NUM"):
        # before these come in: matrices and pictures are small, and threads that wait for work spin
        os.environ.setdefault(name, "1")
    try:
        options = parser().parse_args(arguments)
    except SystemExit as stop:  # argparse says 2 for wrong usage; 2 is `check`'s "cannot tell"
        return FAILED if stop.code == 2 else int(stop.code or 0)
    try:
        return int(options.run(options))
    except BonafaceError as error:
        say(f"bonaface: {error}")
        return FAILED
    except KeyboardInterrupt:
        say("bonaface: stopped; nothing was left under the final name.")
        return INTERRUPTED
    except BrokenPipeError:  # the reader, `head` for one, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
