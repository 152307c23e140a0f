"""`bonaface serve`: live faces in the browser."""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from bonaface.commands.terminal import say

if TYPE_CHECKING:
    from bonaface.server.likenesses import LikenessStore
    from bonaface.server.settings import ServerSettings

HELP = "live faces in the browser, by WebRTC, WHIP and WHEP"
DESCRIPTION = """\
Prints one address. The page there lets a likeness speak, follow a voice or a webcam, or answer.
Only this machine can reach it, unless --host or --name says otherwise; then tokens are needed."""
EPILOG = """\
  bonaface serve
  bonaface serve --likeness ada.jpg --consent ada.consent.json
  bonaface tokens make --name studio --scope make
  bonaface serve --host 0.0.0.0 --cert cert.pem --key key.pem

In the environment: BONAFACE_STUN, BONAFACE_TURN and BONAFACE_TURN_SECRET (or _USER and _PASSWORD);
BONAFACE_CHAT_URL, _MODEL and _KEY for an OpenAI-compatible endpoint; BONAFACE_SCENARIOS;
BONAFACE_LABEL."""
DEMO = "portrait-hopper"
LAST_PORT = 65_535


def add(parsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    shape = argparse.RawDescriptionHelpFormatter
    parser = parsers.add_parser(
        "serve", help=HELP, description=DESCRIPTION, epilog=EPILOG, formatter_class=shape
    )
    parser.add_argument("--host", default="127.0.0.1", help="default: 127.0.0.1, this machine only")
    parser.add_argument("--port", type=_port, default=8642, help="default: 8642; 0: a free one")
    parser.add_argument(
        "--name",
        action="append",
        default=[],
        metavar="HOST",
        help="a name under which others reach it, through a proxy for one; may be given again",
    )
    parser.add_argument("--cert", type=Path, metavar="FILE", help="TLS certificate chain, PEM")
    parser.add_argument("--key", type=Path, metavar="FILE", help="its private key, PEM")
    parser.add_argument(
        "--likeness", action="append", default=[], type=Path, metavar="PHOTO", help="add this face"
    )
    parser.add_argument(
        "--consent", action="append", default=[], type=Path, metavar="RECORD", help="and its record"
    )
    parser.add_argument(
        "--mind", metavar="FILE|URL", help="a scenario, or an OpenAI-compatible chat endpoint"
    )
    parser.add_argument("--label", metavar="RULE", help="eu (default) or china: what labels say")
    parser.add_argument("--sessions", type=int, metavar="N", help="at most so many at once")
    parser.set_defaults(run=run)


def _port(text: str) -> int:
    if not text.isdigit() or int(text) > LAST_PORT:
        raise argparse.ArgumentTypeError(f"{text!r}: a port is a number from 0 to {LAST_PORT}")
    return int(text)


def run(options: argparse.Namespace) -> int:
    """Serve until interrupted."""
    from bonaface.server.likenesses import LikenessStore
    from bonaface.server.run import serve
    from bonaface.server.tokens import TokenBook

    settings = _settings(options)
    _require_models()
    store = LikenessStore(settings.home / "likenesses", settings.limits.likenesses)
    _add_likenesses(options, store)
    if settings.guarded and not TokenBook(settings.tokens).notes():
        _refuse_unguarded()
    if settings.guarded and settings.certificate is None:
        say("Without TLS, tokens and faces can be read on the way: give --cert and --key, or put")
        say("a proxy with TLS before it. Browsers give microphone and camera to HTTPS pages only.")
    serve(settings, lambda address: print(address, flush=True))
    return 0


def _settings(options: argparse.Namespace) -> "ServerSettings":
    from bonaface.errors import SettingsError
    from bonaface.mind.chat import Endpoint
    from bonaface.server.guard import names
    from bonaface.server.settings import read_rule, read_server_settings

    if (options.cert is None) != (options.key is None):
        raise SettingsError("A certificate and its key go together.", "Give --cert and --key.")
    settings = read_server_settings()
    limits = settings.limits
    if options.sessions is not None:
        limits = replace(limits, sessions=max(1, options.sessions))
    mind, scenarios = settings.mind, settings.scenarios
    if options.mind and options.mind.startswith(("http://", "https://")):
        model, key = (mind.model, mind.key) if mind else ("default", "")
        mind = Endpoint(options.mind.rstrip("/"), model, key)
    elif options.mind:
        scenarios = Path(options.mind)
    return replace(
        settings,
        host=options.host,
        port=options.port,
        names=names(options.name),
        certificate=options.cert,
        key=options.key,
        limits=limits,
        mind=mind,
        scenarios=scenarios,
        label=read_rule(options.label) if options.label else settings.label,
    )


def _require_models() -> None:
    """Say now what would be missed later."""
    from bonaface.catalogue import CATALOGUE
    from bonaface.errors import WeightsError
    from bonaface.weights import place

    missing = [one.name for one in CATALOGUE if one.needed and not place(one).is_file()]
    if missing:
        raise WeightsError(
            f"Models are not on this machine: {', '.join(missing)}.",
            "Run: bonaface models fetch --all",
        )


def _refuse_unguarded() -> None:
    from bonaface.errors import SettingsError

    raise SettingsError(
        "Others could reach this server, and there is no token yet that they would need.",
        "Run: bonaface tokens make --name NAME --scope make",
    )


def _add_likenesses(options: argparse.Namespace, store: "LikenessStore") -> None:
    """Keep the faces that were named; the demo's portrait where there is none at all."""
    from bonaface.consent.records import load_record
    from bonaface.errors import ConsentMissing
    from bonaface.media.photos import read_photo
    from bonaface.server.likenesses import Given

    if len(options.likeness) != len(options.consent):
        raise ConsentMissing(
            "Each --likeness needs its --consent.", "Record one: bonaface consent grant"
        )
    known = {entry.record_id for entry in store.list()}
    for photo, path in zip(options.likeness, options.consent, strict=True):
        record = load_record(path)
        if record.record_id not in known:
            entry = store.add(Given(read_photo(photo), record))
            say(f"{entry.name} can be shown, until {entry.valid_until}.")
    if not any(entry.status == "active" for entry in store.list()):
        _add_demo(store)


def _add_demo(store: "LikenessStore") -> None:
    from bonaface import weights
    from bonaface.commands.demo import grant_portrait
    from bonaface.media.photos import read_photo
    from bonaface.server.likenesses import Given

    portrait = weights.find(DEMO)
    entry = store.add(Given(read_photo(portrait), grant_portrait(portrait)))
    say(f"No face was granted yet. To begin with, here is {entry.name}, in the public domain.")
