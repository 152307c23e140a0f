"""What tests share: the media folder, and marks that follow from it."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from bonaface.config import settings

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def media() -> Path:
    """The shared test media; a test that asks for it is skipped where it is absent."""
    folder = Path(os.environ.get("BONAFACE_MEDIA", ROOT.parent / "shared" / "media"))
    if not (folder / "manifest.tsv").exists():
        pytest.skip(f"no test media at {folder}; set BONAFACE_MEDIA")
    return folder


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A BONAFACE_HOME of the test's own: keys, ledger and trust are made there."""
    folder = tmp_path / "home"
    monkeypatch.setenv("BONAFACE_HOME", str(folder))
    settings.cache_clear()
    yield folder
    settings.cache_clear()
