"""Settings: read once from the environment, frozen ever after."""

import os
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Token:
    """A signing key that lies in hardware, reached by PKCS #11. Empty where nothing is given."""

    module: str  # path of the maker's library
    label: str
    key: str  # label of the key
    pin: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Settings:
    """Where things are kept and where models come from."""

    home: Path  # keys, ledger, manifests: private to the user
    weights: Path  # fetched models: may be deleted and fetched again
    index: str  # package index, PEP 691 ("simple") base address
    hub: str  # model hub, Hugging Face shaped
    offline: bool  # never open a connection
    trust: Path | None  # authorities of signers: a PEM file, or a folder of them
    tsa_trust: Path | None  # authorities of time-stamps, likewise
    tsa: str | None  # address of a time-stamp authority (RFC 3161)
    tsa_required: bool  # nothing is signed without a time-stamp
    token: Token | None  # None: the signing key lies in `home`
    resolvers: tuple[str, ...]  # servers that `check` asks for manifests that were stripped
    detectors: tuple[str, ...]  # published ones that `check` asks beside its own, by name
    videoseal: tuple[str, ...]  # messages of Video Seal that `check` looks for, in hex


def read_settings(environment: dict[str, str]) -> Settings:
    """Make settings of environment variables; README lists them."""
    home = Path.home()
    share = Path(environment.get("XDG_DATA_HOME") or home / ".local" / "share")
    kept = Path(environment.get("XDG_CACHE_HOME") or home / ".cache")
    index = environment.get("BONAFACE_INDEX") or environment.get("PIP_INDEX_URL")
    return Settings(
        home=Path(environment.get("BONAFACE_HOME") or share / "bonaface"),
        weights=Path(environment.get("BONAFACE_WEIGHTS") or kept / "bonaface" / "weights"),
        index=(index or "https://pypi.org/simple").rstrip("/"),
        hub=environment.get("BONAFACE_HUB", "https://huggingface.co").rstrip("/"),
        offline=_on(environment, "BONAFACE_OFFLINE"),
        trust=_path(environment, "BONAFACE_TRUST"),
        tsa_trust=_path(environment, "BONAFACE_TSA_TRUST"),
        tsa=environment.get("BONAFACE_TSA") or None,
        tsa_required=_on(environment, "BONAFACE_TSA_REQUIRED"),
        token=_token(environment),
        resolvers=_words(environment, "BONAFACE_RESOLVERS"),
        detectors=_words(environment, "BONAFACE_DETECTORS"),
        videoseal=_words(environment, "BONAFACE_VIDEOSEAL"),
    )


def _on(environment: dict[str, str], name: str) -> bool:
    return environment.get(name, "") not in {"", "0"}


def _words(environment: dict[str, str], name: str) -> tuple[str, ...]:
    return tuple(environment.get(name, "").replace(",", " ").split())


def _path(environment: dict[str, str], name: str) -> Path | None:
    return Path(environment[name]) if environment.get(name) else None


def _token(environment: dict[str, str]) -> Token | None:
    names = (f"BONAFACE_PKCS11_{part}" for part in ("MODULE", "TOKEN", "KEY", "PIN"))
    module, label, key, pin = (environment.get(name, "") for name in names)
    return Token(module, label, key, pin) if module or label or key else None


@cache
def settings() -> Settings:
    """The settings of this process."""
    return read_settings(dict(os.environ))
