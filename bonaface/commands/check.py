"""`bonaface check`: what is this file?"""

import argparse
from pathlib import Path

from bonaface.commands.terminal import bar

HELP = "read a file back: credentials, marks, and what follows from them"
DESCRIPTION = """\
Reads the credentials and the hidden marks of a video, picture or sound, and says what follows from
them, with the evidence. A file without any is answered with "cannot tell", never with "real".

Credentials that were stripped are looked for in the log of this installation, by the hidden mark.
Where they were made elsewhere, ask the server that may keep them:

  bonaface check film.mp4 --ask https://faces.example"""
EPILOG = """\
Exit codes: 0 authentic-signed or no-signs, 1 made-by-ai or manipulated, 2 cannot-tell, 3 an error.
Nothing is sent anywhere, except to a server that you name here or in BONAFACE_RESOLVERS: it is told
the id of the hidden mark, if the file has lost its credentials and they are not kept here."""


def add(parsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    shape = argparse.RawDescriptionHelpFormatter
    parser = parsers.add_parser(
        "check", help=HELP, description=DESCRIPTION, epilog=EPILOG, formatter_class=shape
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="a video, a picture or a sound")
    parser.add_argument("--json", action="store_true", help="one JSON object, for programs")
    parser.add_argument(
        "--ask",
        action="append",
        default=[],
        metavar="URL",
        help="ask this server for credentials that were stripped; may be given again",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the report; the exit code is the verdict."""
    from bonaface.check import check
    from bonaface.config import settings
    from bonaface.forensics.report import to_json, to_text

    with bar(f"Checking {options.file}"):
        report = check(options.file, (*options.ask, *settings().resolvers))
    print(to_json(report) if options.json else to_text(report))
    return report.verdict.exit_code
