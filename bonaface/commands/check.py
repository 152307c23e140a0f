"""`bonaface check`: what is this file?"""

import argparse
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bonaface.commands.terminal import bar, say

if TYPE_CHECKING:
    from collections.abc import Callable

    from bonaface.forensics.inspector import Inspector
    from bonaface.forensics.report.report import Report
    from bonaface.marks.live.follow import Seen

SEGMENTS = frozenset((".m3u8", ".m4s", ".cmfv", ".cmfa"))
HELP = "what is this file: credentials, marks, signs of forgery, and what follows"
DESCRIPTION = """\
Reads the credentials and the hidden marks of a video, picture or sound, looks at its faces and
lips, listens to its voices, and says what follows, with the evidence. Where nothing is found the
answer is "cannot tell", never "real".

Credentials that were stripped are looked for in the log of this installation, by the hidden mark.
Where they were made elsewhere, ask the server that may keep them:

  bonaface check film.mp4 --ask https://faces.example"""
EPILOG = """\
Exit codes: 0 authentic-signed or no-signs, 1 made-by-ai or manipulated, 2 cannot-tell, 3 an error.
Nothing is sent anywhere, except to a server that you name here or in BONAFACE_RESOLVERS: it is told
the id of the hidden mark, if the file has lost its credentials and they are not kept here. Nothing
is fetched but what --live names, or FILE with --allow-urls. Of a folder: 1 if one file was made or
forged, else 3 if one could not be read, else 2 if of one nothing could be told."""


def add(parsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    shape = argparse.RawDescriptionHelpFormatter
    parser = parsers.add_parser(
        "check", help=HELP, description=DESCRIPTION, epilog=EPILOG, formatter_class=shape
    )
    what = "a video, picture or sound; a folder of them; an HLS playlist, or a folder of segments"
    parser.add_argument("file", nargs="?", metavar="FILE", help=what)
    live = "fetch an HLS stream from this address and check it while it runs"
    parser.add_argument("--live", metavar="URL", help=live)
    most = "how long, at most (default: 60)"
    parser.add_argument("--seconds", type=float, default=60.0, metavar="S", help=most)
    who = "compare voice and face with a person enrolled by “bonaface reference make”"
    parser.add_argument("--as", dest="reference", type=Path, metavar="REFERENCE", help=who)
    hub = "ask a published detector from a hub, once fetched; shown only; may be given again"
    parser.add_argument(
        "--detector", action="append", default=[], metavar="OWNER/NAME[@REVISION]", help=hub
    )
    page = "write a page with the evidence, to read, print and pass on; of a folder: a folder"
    parser.add_argument("--report", type=Path, metavar="REPORT.html", help=page)
    lines = "one JSON object, for programs; of a folder: one a line"
    parser.add_argument("--json", action="store_true", help=lines)
    parser.add_argument("--exhibits", action="store_true", help="with pictures in the JSON")
    fetch = "FILE may be an http(s) address: its server learns that somebody here fetches it"
    parser.add_argument("--allow-urls", action="store_true", help=fetch)
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
    from bonaface.errors import SettingsError

    if (options.file is None) == (options.live is None):
        raise SettingsError("Give a FILE to check, or an address with --live.")
    if (options.file or "").lower().startswith(("http://", "https://")):
        return _run_address(options)
    options.file = Path(options.file) if options.file is not None else None
    if options.live is not None or _is_stream(options.file):
        return _run_stream(options)
    if options.file.is_dir():
        return _run_folder(options)
    with bar(f"Checking {options.file}", 1.0, share=True) as progress:
        report = _check(options, options.file, progress.reach)
    return _tell_report(options, report)


def _check(options: argparse.Namespace, file: Path, tell: "Callable[[float], None]") -> "Report":
    from bonaface.check import check
    from bonaface.config import settings

    published = _open_published((*options.detector, *settings().detectors))
    enrolled = _open_reference(options.reference)
    resolvers = (*options.ask, *settings().resolvers)
    return check(file, resolvers, inspectors=(*enrolled, *published), tell=tell)


def _open_reference(path: Path | None) -> "tuple[Inspector, ...]":
    """Compare with an enrolled person; most checks name none."""
    if path is None:
        return ()
    from bonaface.forensics.reference.inspect import open_reference

    return open_reference(path)


def _open_published(named: tuple[str, ...]) -> "tuple[Inspector, ...]":
    """The published detectors that are asked, too; most checks ask none."""
    if not named:
        return ()
    from bonaface.forensics.hub.inspector import open_published
    from bonaface.forensics.hub.name import read_name

    return open_published(tuple(map(read_name, named)))


def _tell_report(options: argparse.Namespace, report: "Report") -> int:
    from bonaface.forensics.report.report import to_json, to_text

    text = to_json(report, exhibits=options.exhibits) if options.json else to_text(report)
    print(text)
    if options.report is not None:
        _write(options.report, report)
    return report.verdict.exit_code


def _run_folder(options: argparse.Namespace) -> int:
    from bonaface.commands.check_folder import run_folder

    check = partial(_check, options)
    return run_folder(options.file, check, lines=options.json, reports=options.report)


def _run_address(options: argparse.Namespace) -> int:
    """What lies on a public server, fetched to a private place and deleted again."""
    from bonaface.config import settings
    from bonaface.errors import SettingsError
    from bonaface.media.download import download, read_address

    if not options.allow_urls:
        remedy = "Add --allow-urls; the server there learns that somebody here fetches it."
        raise SettingsError("This is an address, and nothing is fetched unasked.", remedy)
    host = read_address(options.file).host
    if settings().offline:
        raise SettingsError(f"BONAFACE_OFFLINE is set, so {host} was not asked.")
    say(f"{host} learns from this that somebody here fetches the file.")
    with (
        bar(f"Checking {options.file}", 1.0, share=True) as progress,
        download(options.file, lambda share: progress.reach(share / 4)) as file,
    ):
        report = _check(options, file, lambda share: progress.reach(0.25 + share * 0.75))
    return _tell_report(options, replace(report, file=options.file))


def _write(path: Path, report: "Report") -> None:
    from bonaface.forensics.report.page import to_page
    from bonaface.vault import write_whole

    write_whole(path, to_page(report).encode())
    say(f"The report is in {path}.")


def _is_stream(path: Path) -> bool:
    """Whether segments are signed one by one; a folder of anything else holds media files."""
    from bonaface.forensics.segments.parts import is_stream

    try:
        if path.is_dir():
            files = [one for one in path.iterdir() if one.is_file()]
            named = any(one.suffix.lower() in SEGMENTS for one in files)
            return named or (bool(files) and all(is_stream(one) for one in files))
        return is_stream(path)
    except OSError:
        return False  # the check says why


def _run_stream(options: argparse.Namespace) -> int:
    """Segments that are signed one by one."""
    from bonaface.forensics.segments import stream
    from bonaface.forensics.segments.watch import watch_stream

    if options.live is None:
        report = stream.check_stream(options.file)
    else:
        report = watch_stream(options.live, options.seconds, _tell)
    print(stream.to_json(report) if options.json else stream.to_text(report))
    return report.verdict.exit_code


def _tell(track: str, seen: "Seen") -> None:
    """Say what came, on the way."""
    words = f"{track}: {seen.name}: {seen.text or 'as it was signed'}"
    print("".join(letter if letter.isprintable() else "?" for letter in words), file=sys.stderr)
