"""What tests share: the media folder, and marks that follow from it."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def media() -> Path:
    """The shared test media; a test that asks for it is skipped where it is absent."""
    folder = Path(os.environ.get("BONAFACE_MEDIA", ROOT.parent / "shared" / "media"))
    if not (folder / "manifest.tsv").exists():
        pytest.skip(f"no test media at {folder}; set BONAFACE_MEDIA")
    return folder
