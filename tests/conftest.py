"""What tests share: the media folder, and marks that follow from it."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bonaface import weights
from bonaface.config import settings
from bonaface.core import Picture
from bonaface.errors import WeightsMissing
from bonaface.media.photos import read_photo

if TYPE_CHECKING:
    from browser import Served, Studio

ROOT = Path(__file__).parent.parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests with other programs, or in real time, get three tries: a busy machine may spoil one."""
    for item in items:
        if item.get_closest_marker("slow") or item.get_closest_marker("realtime"):
            item.add_marker(pytest.mark.flaky(reruns=2))


@pytest.fixture(scope="session")
def media() -> Path:
    """The shared test media; a test that asks for it is skipped where it is absent."""
    folder = Path(os.environ.get("BONAFACE_MEDIA", ROOT.parent / "shared" / "media"))
    if not (folder / "manifest.tsv").exists():
        pytest.skip(f"no test media at {folder}; set BONAFACE_MEDIA")
    return folder


@pytest.fixture(scope="session")
def photo() -> Picture:
    """The demo's portrait."""
    try:
        return read_photo(weights.find("portrait-hopper"))
    except WeightsMissing as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="module")
def launch() -> Iterator[Callable[..., Any]]:
    """A call that starts Chromium; skips the test where there is none."""
    from browser import browse  # noqa: PLC0415  Playwright, only where it is used

    yield from browse()


@pytest.fixture(scope="module")
def browser(launch: Callable[..., Any]) -> Any:
    """Chromium, for the tests of one file."""
    return launch()


@pytest.fixture(scope="module")
def served(
    launch: Callable[..., Any],  # noqa: ARG001  nothing is served where nothing can look
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator["Served"]:
    """A server for the pages of one file."""
    from browser import serve  # noqa: PLC0415  Playwright, only where it is used

    yield from serve(tmp_path_factory.mktemp("served"))


@pytest.fixture
def studio(browser: Any, served: "Served") -> Iterator["Studio"]:
    """The Studio, open to one test; the page must not have met an error."""
    from browser import Studio  # noqa: PLC0415  Playwright, only where it is used

    studio = Studio(served, browser)
    yield studio
    studio.close()
    assert studio.wrongs == []


@pytest.fixture(scope="session")
def granted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BONAFACE_HOME in which the demo's portrait may be shown, made once; copy it."""
    from hosting import make_granted  # noqa: PLC0415  heavy, and for tests of the server only

    folder = tmp_path_factory.mktemp("granted") / "home"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BONAFACE_HOME", str(folder))
        settings.cache_clear()
        make_granted(folder)
    settings.cache_clear()
    return folder


@pytest.fixture
def granted_home(granted: Path, home: Path) -> Path:
    """A home of the test's own, with one likeness in it."""
    shutil.copytree(granted, home)
    return home


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A BONAFACE_HOME of the test's own: keys, ledger and trust are made there."""
    folder = tmp_path / "home"
    monkeypatch.setenv("BONAFACE_HOME", str(folder))
    settings.cache_clear()
    yield folder
    settings.cache_clear()
