"""`bonaface log`: what was made here, and whether the log of it is whole."""

import argparse
import json
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Any

from bonaface.commands.terminal import read_day, say

if TYPE_CHECKING:
    from bonaface.log.entry import Entry

HELP = "what was made here: show the log, verify it, erase from it"
DESCRIPTION = """\
Everything that is signed here, and every live session, has an entry in the log: the ids of its
hidden marks, when, and the signed manifest with which `bonaface check` answers for a copy that lost
its own. Each entry holds the hash of the one before, so that what is changed or taken out is named.

  bonaface log verify                 # is it whole? prints the head; keep it elsewhere
  bonaface log verify --head HASH     # and is what was there then still in it?
  bonaface log erase --record ID      # forget the manifests of a consent; the chain stays whole"""
EPILOG = "Exit codes of verify: 0 whole, 1 something was changed or is missing, 3 an error."
ALL = 1 << 30


def add(parsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    shape = argparse.RawDescriptionHelpFormatter
    parser = parsers.add_parser(
        "log", help=HELP, description=DESCRIPTION, epilog=EPILOG, formatter_class=shape
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    show = actions.add_parser("show", help="the entries, the newest last")
    show.add_argument("--mark", metavar="ID", help="only those of a hidden mark, hex")
    show.add_argument("--last", type=int, default=20, metavar="N", help="so many (20)")
    show.add_argument("--json", action="store_true", help="one JSON object a line")
    verify = actions.add_parser("verify", help="whether it is whole, and what is not")
    verify.add_argument("--head", default="", metavar="HASH", help="of an earlier verify")
    erase = actions.add_parser("erase", help="forget manifests and consents, not the chain")
    which = erase.add_mutually_exclusive_group(required=True)
    which.add_argument("--mark", metavar="ID", help="those of a hidden mark, hex")
    which.add_argument("--record", metavar="ID", help="those that name a consent record")
    which.add_argument("--before", type=read_day, metavar="YYYY-MM-DD", help="all older ones")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Do it; errors are raised."""
    return {"show": _show, "verify": _verify, "erase": _erase}[options.action](options)


def _show(options: argparse.Namespace) -> int:
    from bonaface.log import store

    if options.mark:
        entries = store.find_mark(options.mark, most=ALL)[: max(0, options.last)][::-1]
    else:
        entries = store.list_entries(max(0, store.last_number() - max(0, options.last)))
    for entry in entries:
        print(json.dumps(_fields(entry)) if options.json else _line(entry))
    if not entries:
        say("There is no such entry." if options.mark else "Nothing was made here yet.")
    return 0


def _fields(entry: "Entry") -> dict[str, Any]:
    content = entry.content
    return {
        "number": entry.number,
        "kind": entry.kind,
        "at": entry.at.isoformat(),
        "marks": dict(entry.marks),
        "manifest": content.manifest if content else None,
        "record": content.record if content else None,
        "note": content.note if content else None,
        "erased": content is None,
        "hash": entry.hash,
    }


def _line(entry: "Entry") -> str:
    marks = " ".join(value for _, value in entry.marks)
    said = entry.content.manifest or entry.content.note if entry.content else "(erased)"
    return (
        f"{entry.number:>7}  {entry.at:%Y-%m-%d %H:%M:%S}  {entry.kind:9} {marks}  {said}".rstrip()
    )


def _verify(options: argparse.Namespace) -> int:
    from bonaface.log.audit import audit

    found = audit(options.head)
    for problem in found.problems:
        print(problem)
    state = "is whole" if not found.problems else "is NOT whole"
    print(f"The log {state}: {found.entries} entries, {found.erased} of them erased.")
    print(f"Head: {found.head}")
    return 1 if found.problems else 0


def _erase(options: argparse.Namespace) -> int:
    from bonaface.log import store

    if options.before:
        numbers = store.numbers_before(datetime.combine(options.before, time(), UTC))
    elif options.record:
        numbers = tuple(entry.number for entry in store.find_record(options.record))
    else:
        numbers = tuple(entry.number for entry in store.find_mark(options.mark, most=ALL))
    count = store.erase(numbers)
    say(f"{count} entries were emptied. Copies of what was made lead to an entry without manifest.")
    return 0
