"""`bonaface keys`: the authority and the keys with which this installation signs."""

import argparse
from datetime import UTC, datetime
from pathlib import Path

from bonaface.commands.terminal import say

HELP = "the keys with which this installation signs"
DESCRIPTION = """\
On first use a certificate authority of its own is made, and a signer under it. Private keys stay
in BONAFACE_HOME, readable by their owner only, or in hardware (BONAFACE_PKCS11_MODULE). Who is to
trust what is made here needs the authority's certificate: `bonaface keys export root.pem`. Another
installation trusts it after `bonaface keys trust root.pem`. To sign with a certificate of another
authority: `bonaface keys request -o csr.pem`, have it signed, `bonaface keys install chain.pem`."""
ORGANISATION = "Bonaface installation"


def add(parsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = parsers.add_parser("keys", help=HELP, description=DESCRIPTION)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    shown = "which keys there are, where, and how long they hold"
    actions.add_parser("show", aliases=["list"], help=shown).set_defaults(run=_show)
    export = actions.add_parser("export", help="write the authority's certificate, for others")
    export.add_argument("output", type=Path, metavar="FILE")
    export.set_defaults(run=_export)
    trust = actions.add_parser("trust", help="trust what another installation signs")
    trust.add_argument("certificate", type=Path, metavar="FILE", help="its authority, as PEM")
    trust.add_argument("--time", action="store_true", help="it is an authority of time-stamps")
    trust.set_defaults(run=_trust)
    renew = actions.add_parser("renew", help="make a new signer; what the old one signed stays")
    renew.set_defaults(run=_renew)
    request = actions.add_parser("request", help="ask another authority for a certificate")
    request.add_argument("-o", "--output", type=Path, required=True, metavar="FILE")
    request.add_argument("--organisation", default=ORGANISATION, help="who signs; shown to all")
    request.set_defaults(run=_request)
    install = actions.add_parser("install", help="sign with that authority's certificate")
    install.add_argument("chain", type=Path, metavar="FILE", help="the signer's, then authorities'")
    install.set_defaults(run=_install)


def _show(_: argparse.Namespace) -> int:
    """Print what there is; no private key is ever printed."""
    from bonaface.marks.credentials import trust
    from bonaface.marks.signers import chain, keys, signing

    facts = (*keys.describe_keys(), *chain.describe(), *trust.describe())
    for fact in facts:
        until = f"until {fact.until:%Y-%m-%d}" if fact.until else "without end"
        print(f"{fact.name:12}{fact.fingerprint[:16]}  {until}  {fact.path}")
    if not facts:
        say("No keys yet; they are made when something is signed for the first time.")
    for warning in signing.warnings(_now()):
        say(warning)
    return 0


def _export(options: argparse.Namespace) -> int:
    from bonaface.marks.signers import keys

    keys.export_root(options.output, _now())
    say(f"{options.output}: the certificate of this installation's authority. It is no secret.")
    return 0


def _trust(options: argparse.Namespace) -> int:
    from bonaface.marks.credentials import trust

    fact = trust.trust(options.certificate, "tsa" if options.time else "manifest")
    what = "time-stamps of authority" if options.time else "authority"
    say(f"Trusted from now on: {what} {fact.fingerprint[:16]}, kept in {fact.path}")
    return 0


def _renew(_: argparse.Namespace) -> int:
    from bonaface.marks.signers import keys

    say(f"A new signer is in use until {keys.renew(_now()).until:%Y-%m-%d}.")
    return 0


def _request(options: argparse.Namespace) -> int:
    from bonaface import vault
    from bonaface.marks.signers import chain, signing

    vault.write_whole(options.output, chain.request(options.organisation, signing.open_token()))
    say(f"{options.output}: have it signed, then run: bonaface keys install CHAIN")
    return 0


def _install(options: argparse.Namespace) -> int:
    from bonaface.marks.signers import chain, signing

    signer = chain.install(options.chain, signing.open_token(), _now())
    name = signer.chain[0].subject.rfc4514_string()
    say(f"Signing as {name} until {signer.until:%Y-%m-%d}.")
    return 0


def _now() -> datetime:
    return datetime.now(UTC)
