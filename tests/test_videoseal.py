"""Video Seal by name: messages that are known, and a stand-in of the extractor and of PyTorch."""

import hashlib
import sys
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from bonaface import config, weights
from bonaface.catalogue import CATALOGUE
from bonaface.check import _public_marks
from bonaface.core import Picture
from bonaface.errors import SettingsError, WeightsDamaged
from bonaface.forensics.origin.evidence import Evidence, inspect_origin
from bonaface.forensics.origin.videoseal import (
    ABSENT,
    BITS,
    RARE,
    KnownMark,
    VideoSeal,
    describe_known_mark,
    match,
    open_videoseal,
)
from bonaface.forensics.verdict import judge
from bonaface.marks.credentials.files import Credentials
from bonaface.media.files import look

GRID, FIELD = 16, 20  # the stand-in reads the mean of 16 x 16 fields of 20 px
SCRIPT = """
def detect(self, imgs: Tensor, is_video: bool=False) -> Tensor:
    grey = torch.nn.functional.interpolate(imgs.mean(1, keepdim=True), [16, 16], mode="area")
    bits = grey.reshape(imgs.shape[0], 256) - 0.5
    return torch.cat([bits[:, :1], bits], 1)
"""
MESSAGE = hashlib.sha256(b"the newsroom").hexdigest()
OTHER = hashlib.sha256(b"another").hexdigest()


def bits_of(message: str) -> NDArray[np.bool_]:
    return np.unpackbits(np.frombuffer(bytes.fromhex(message), np.uint8)).astype(bool)


def paint(message: str, wrong: float = 0.0, seed: int = 0) -> NDArray[np.uint8]:
    """A picture whose fields are bright where bits are ones; a share of them is turned round."""
    bits = bits_of(message) ^ (np.random.default_rng(seed).random(BITS) < wrong)
    fields = np.where(bits, 160, 96).astype(np.uint8).reshape(GRID, GRID)
    grey = np.kron(fields, np.ones((FIELD, FIELD), np.uint8))
    return np.ascontiguousarray(np.repeat(grey[..., None], 3, 2))


class Tensor:
    """What is asked of a tensor."""

    def __init__(self, values: NDArray[Any]) -> None:
        self.values = values

    def float(self) -> "Tensor":
        return Tensor(self.values.astype(np.float32))

    def __truediv__(self, by: int) -> "Tensor":
        return Tensor(self.values / by)

    def numpy(self) -> NDArray[Any]:
        return self.values


class Extractor:
    """Answers like the published one: one number that is not used, and BITS others."""

    def __init__(self, bits: int = BITS) -> None:
        self.bits = bits

    def eval(self) -> "Extractor":
        return self

    def detect(self, fed: Tensor) -> Tensor:
        grey = fed.values.mean(1)[0]
        assert 0 <= grey.min() <= grey.max() <= 1
        fields = grey.reshape(GRID, FIELD, GRID, FIELD).mean((1, 3)).reshape(-1) - 0.5
        return Tensor(np.concatenate([[-9.0], fields])[None, : 1 + self.bits])


def opens(extractor: object) -> Callable[[str, str], object]:
    """What stands in for torch.jit.load."""

    def load(path: str, map_location: str) -> object:
        assert path
        assert map_location == "cpu"
        return extractor

    return load


@pytest.fixture
def torch(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A stand-in of PyTorch that opens the stand-in of the extractor."""
    jit = SimpleNamespace(load=opens(Extractor()))
    made = SimpleNamespace(from_numpy=Tensor, inference_mode=nullcontext, jit=jit)
    monkeypatch.setitem(sys.modules, "torch", made)
    return made


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings with a message, and where the extractor is kept."""
    environment = {"BONAFACE_WEIGHTS": str(tmp_path), "BONAFACE_VIDEOSEAL": f"{OTHER} {MESSAGE}"}
    read = config.read_settings(environment)
    for module in ("weights", "check"):
        monkeypatch.setattr(f"bonaface.{module}.settings", lambda: read)
    path = weights.place(weights.weight("videoseal"))
    path.parent.mkdir(parents=True)
    return path


@pytest.mark.usefixtures("torch")
def test_a_known_message_is_found_in_a_file(here: Path, tmp_path: Path) -> None:
    limits: list[str] = []
    picture = tmp_path / "marked.png"
    cv2.imwrite(str(picture), paint(MESSAGE, wrong=0.1))
    assert _public_marks(look(picture), limits) == ()
    assert ABSENT in limits
    here.write_bytes(b"opened by a stand-in")
    (found,) = _public_marks(look(picture), [])
    assert isinstance(found, KnownMark)
    assert found.found
    assert found.message == MESSAGE
    evidence = Evidence(Credentials("none"), public=(found,))
    (told,) = [one for one in inspect_origin(evidence) if one.inspector == "public-mark"]
    assert told.score is None
    assert MESSAGE in told.reason
    assert judge(evidence).word == "cannot-tell"


def test_without_pytorch_it_is_told_and_nothing_breaks(
    here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    here.write_bytes(b"cannot be opened")
    picture, limits = tmp_path / "any.png", list[str]()
    cv2.imwrite(str(picture), paint(MESSAGE))
    assert _public_marks(look(picture), limits) == ()
    assert ABSENT in limits


def test_nobody_looks_for_it_who_names_no_message(tmp_path: Path) -> None:
    picture, limits = tmp_path / "any.png", list[str]()
    cv2.imwrite(str(picture), paint(MESSAGE))
    assert not any(isinstance(one, KnownMark) for one in _public_marks(look(picture), limits))
    assert ABSENT not in limits


@pytest.mark.usefixtures("torch")
def test_the_pictures_of_a_film_are_summed() -> None:
    reader = VideoSeal(Path("extractor"), [MESSAGE])
    assert not list(reader.flush())
    single = 0
    for seed in range(16):  # each alone is too noisy
        noisy = paint(MESSAGE, wrong=0.42, seed=seed)
        reader.push(Picture(0, noisy))
        (alone,) = list(reader.flush())
        single += alone.found
    for seed in range(16):
        reader.push(Picture(0, paint(MESSAGE, wrong=0.42, seed=seed)))
    (together,) = list(reader.flush())
    assert single < 4
    assert together.found


def test_bits_that_mean_nothing_are_not_taken_for_a_mark() -> None:
    random = np.random.default_rng(0)
    known = {MESSAGE: bits_of(MESSAGE), OTHER: bits_of(OTHER)}
    read = [match(random.random(BITS) < 0.5, known) for _ in range(2000)]
    assert not any(one.found for one in read)
    assert np.median([one.chance for one in read]) > 0.5
    worst = min(read, key=lambda one: one.chance)
    assert "as by chance" in describe_known_mark(worst)
    few = next(n for n in range(BITS) if _agreeing(n).found)
    assert _agreeing(few).chance <= RARE < _agreeing(few - 1).chance
    assert 160 < few < 175


def _agreeing(count: int) -> KnownMark:
    bits = bits_of(MESSAGE)
    return match(np.concatenate([bits[:count], ~bits[count:]]), {MESSAGE: bits})


@pytest.mark.parametrize("message", ["", "abc", "zz" * 32, "00" * 31, "00" * 33])
def test_what_is_no_message_is_refused(message: str) -> None:
    with pytest.raises(SettingsError):
        open_videoseal([MESSAGE, message])


def test_another_kind_of_extractor_is_refused(torch: SimpleNamespace) -> None:
    torch.jit.load = opens(Extractor(96))
    with pytest.raises(WeightsDamaged, match="as it should"):
        VideoSeal(Path("extractor"), [MESSAGE]).push(Picture(0, paint(MESSAGE)))
    torch.jit.load = opens(SimpleNamespace(eval=SimpleNamespace))
    with pytest.raises(WeightsDamaged, match="not what its makers publish"):
        VideoSeal(Path("extractor"), [MESSAGE])


@pytest.mark.filterwarnings("ignore:.*deprecated:DeprecationWarning")
def test_a_scripted_module_is_read_where_pytorch_is_installed(
    here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = pytest.importorskip("torch", reason="PyTorch is an extra: bonaface[videoseal]")
    module = real.jit.ScriptModule()
    module.define(SCRIPT)
    module.save(str(here))
    pinned = hashlib.sha256(here.read_bytes()).hexdigest()
    entries = [replace(one, sha256=pinned) if one.name == "videoseal" else one for one in CATALOGUE]
    monkeypatch.setattr(weights, "CATALOGUE", tuple(entries))
    place = weights.place(weights.weight("videoseal"))
    place.parent.mkdir(parents=True)
    here.rename(place)
    picture = tmp_path / "marked.png"
    cv2.imwrite(str(picture), paint(MESSAGE, wrong=0.1))
    (found,) = _public_marks(look(picture), [])
    assert isinstance(found, KnownMark)
    assert found.message == MESSAGE
    assert found.found
    place.write_bytes(b"no module")
    with pytest.raises(WeightsDamaged):
        open_videoseal([MESSAGE])
