"""`bonaface consent`: record a yes, look at it, take it back."""

import argparse
from datetime import UTC, datetime
from pathlib import Path

from bonaface.commands.terminal import read_day, say

HELP = "record that somebody said yes, look at it, revoke it"
DESCRIPTION = """\
No face is shown without a record. A record says whose portrait may speak, for which purposes and
until when; it is signed, and it fits that one photo (and re-encoded copies of it) only.

  bonaface consent grant --portrait ada.jpg --subject "Ada" --basis self \\
      --purpose training-video --until 2027-12-31 -o ada.consent.json

Bases: self (the person in the portrait says yes), guardian-of-estate (the heirs of somebody who
has died say yes), public-domain-historical (a historical figure, a portrait in the public domain),
fictional (nobody: drawn, painted or generated)."""
BASES = ("self", "guardian-of-estate", "public-domain-historical", "fictional")


def add(parsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    shape = argparse.RawDescriptionHelpFormatter
    parser = parsers.add_parser(
        "consent", help=HELP, description=DESCRIPTION, formatter_class=shape
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    _add_grant(actions)
    show = actions.add_parser("show", help="what a record says, and whether it holds today")
    show.add_argument("record", type=Path, metavar="RECORD")
    revoke = actions.add_parser("revoke", help="take a yes back, for good")
    revoke.add_argument("record", type=Path, metavar="RECORD")
    parser.set_defaults(run=run)


def _add_grant(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    grant = actions.add_parser("grant", help="record a yes")
    grant.add_argument("--portrait", type=Path, metavar="PHOTO", help="the photo", required=True)
    grant.add_argument(
        "--subject", metavar="NAME", help="who is in it; a pseudonym will do", required=True
    )
    grant.add_argument("--basis", choices=BASES, help="why it is allowed", required=True)
    grant.add_argument(
        "--purpose",
        action="append",
        metavar="SLUG",
        help="what for; may be given again",
        required=True,
    )
    grant.add_argument(
        "--until", type=read_day, metavar="YYYY-MM-DD", help="the last day it holds", required=True
    )
    grant.add_argument(
        "--from", dest="first", type=read_day, metavar="YYYY-MM-DD", help="the first day"
    )
    grant.add_argument(
        "--context",
        action="append",
        choices=("live", "recorded"),
        help="where the face may move; may be given again; default: both",
    )
    grant.add_argument("--controller", default="", metavar="NAME", help="who answers for its use")
    grant.add_argument("-o", "--output", type=Path, metavar="RECORD", required=True)


def run(options: argparse.Namespace) -> int:
    """Do it; errors are raised."""
    return {"grant": _grant, "show": _show, "revoke": _revoke}[options.action](options)


def _grant(options: argparse.Namespace) -> int:
    from bonaface.consent.portrait import hash_portrait
    from bonaface.consent.records import CONTEXTS, Terms, grant, save_record
    from bonaface.media.photos import read_bytes, read_photo

    terms = Terms(
        subject=options.subject,
        basis=options.basis,
        purposes=tuple(options.purpose),
        valid_until=options.until,
        valid_from=options.first,
        controller=options.controller,
        contexts=tuple(options.context or CONTEXTS),
    )
    portrait = hash_portrait(read_bytes(options.portrait), read_photo(options.portrait))
    record = grant(portrait, terms, datetime.now(UTC))
    save_record(record, options.output)
    say(f"{options.output}: {terms.subject} agrees, until {terms.valid_until}. In these words:")
    say(f"  {record.notice}")
    return 0


def _show(options: argparse.Namespace) -> int:
    from bonaface.consent.ledger import status
    from bonaface.consent.records import load_record, verify

    record = load_record(options.record)
    verify(record)
    terms = record.terms
    print(f"Record    {record.record_id}")
    print(f"Subject   {terms.subject}, basis {terms.basis}")
    print(f"Purposes  {', '.join(terms.purposes)}")
    print(f"Where     {', '.join(terms.contexts)}")
    print(f"Valid     {terms.valid_from} to {terms.valid_until}")
    print(f"Today     {status(record.record_id, record.digest, datetime.now(UTC))}")
    print(f"Agreed    {record.notice}")
    return 0


def _revoke(options: argparse.Namespace) -> int:
    from bonaface.consent.records import load_record, revoke

    record = load_record(options.record)
    revoke(record, datetime.now(UTC))
    say(f"The consent of {record.terms.subject} is revoked. Nothing more is made with it, and")
    say("`bonaface check` says so of what was made before.")
    return 0
