"""`bonaface keys`: the authority and the keys with which this installation signs."""

import argparse
from datetime import UTC, datetime
from pathlib import Path

from bonaface.commands.terminal import say

HELP = "the keys with which this installation signs"
DESCRIPTION = """\
On first use a certificate authority of its own is made, and a signer under it. Private keys stay
in BONAFACE_HOME, readable by their owner only. Who is to trust what is made here needs the
authority's certificate: `bonaface keys export root.pem`. Another installation trusts it after
`bonaface keys trust root.pem`."""


def add(parsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = parsers.add_parser("keys", help=HELP, description=DESCRIPTION)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("show", help="which keys there are, where, and how long they hold")
    export = actions.add_parser("export", help="write the authority's certificate, for others")
    export.add_argument("output", type=Path, metavar="FILE")
    trust = actions.add_parser("trust", help="trust what another installation signs")
    trust.add_argument("certificate", type=Path, metavar="FILE", help="its authority, as PEM")
    actions.add_parser("renew", help="make a new signer; what the old one signed stays trusted")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Do it; no private key is ever printed."""
    from bonaface.marks import keys

    now = datetime.now(UTC)
    if options.action == "show":
        return _show()
    if options.action == "export":
        keys.export_root(options.output, now)
        say(f"{options.output}: the certificate of this installation's authority. It is no secret.")
    elif options.action == "trust":
        fact = keys.trust(options.certificate)
        say(f"Trusted from now on: authority {fact.fingerprint[:16]}, kept in {fact.path}")
    else:
        say(f"A new signer is in use until {keys.renew(now).until:%Y-%m-%d}.")
    return 0


def _show() -> int:
    from bonaface.marks import keys

    facts = tuple(keys.describe_keys())
    for fact in facts:
        until = f"until {fact.until:%Y-%m-%d}" if fact.until else "without end"
        print(f"{fact.name:12}{fact.fingerprint[:16]}  {until}  {fact.path}")
    if not facts:
        say("No keys yet; they are made when something is signed for the first time.")
    return 0
