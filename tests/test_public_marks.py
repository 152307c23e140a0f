"""AudioSeal by name: fetched from a stand-in hub, heard by a stand-in of its detector."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from hub import serve_files
from onnx import TensorProto, helper, numpy_helper

from bonaface import catalogue, config, weights
from bonaface.check import _public_marks
from bonaface.core import Sound
from bonaface.errors import FetchFailed, SettingsError, WeightsDamaged, WeightsMissing
from bonaface.forensics.origin import trustmark
from bonaface.forensics.origin.audioseal import (
    ABSENT,
    HOP,
    RATE,
    WEIGHT,
    WINDOW,
    AudioSeal,
    PublicMark,
    describe_mark,
    open_audioseal,
)
from bonaface.forensics.origin.evidence import Evidence, inspect_origin
from bonaface.forensics.verdict import judge
from bonaface.marks.credentials.files import Credentials
from bonaface.media.files import Media

MESSAGE = "1011001011100101"


def detector(bits: int = 16) -> bytes:
    """A graph with the inputs and outputs of the real one: loud samples are marked ones."""

    def constant(name: str, value: object, kind: type = np.float32) -> onnx.TensorProto:
        return numpy_helper.from_array(np.array(value, kind), name)

    pattern = [[float(letter) for letter in MESSAGE[:bits]]]
    nodes = [
        helper.make_node("Squeeze", ["audio", "one"], ["flat"]),
        helper.make_node("Abs", ["flat"], ["loud"]),
        helper.make_node("Greater", ["loud", "quarter"], ["over"]),
        helper.make_node("Cast", ["over"], ["prob"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["flat"], ["mean"], keepdims=1, axes=[1]),
        helper.make_node("Mul", ["mean", "nothing"], ["still"]),
        helper.make_node("Add", ["still", "pattern"], ["bits"]),
    ]
    values = [
        constant("one", [1], np.int64),
        constant("quarter", 0.25),
        constant("nothing", 0.0),
        constant("pattern", pattern),
    ]
    audio = helper.make_tensor_value_info("audio", TensorProto.FLOAT, [1, 1, "T"])
    outputs = [
        helper.make_tensor_value_info("prob", TensorProto.FLOAT, [1, "T"]),
        helper.make_tensor_value_info("bits", TensorProto.FLOAT, [1, bits]),
    ]
    graph = helper.make_graph(nodes, "detector", [audio], outputs, values)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return bytes(model.SerializeToString())


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, bytes]]:
    """A hub on this machine, and a catalogue that pins what a test puts on it."""
    files: dict[str, bytes] = {}
    with serve_files(files) as address:
        here = config.read_settings(
            {"BONAFACE_HUB": address, "BONAFACE_WEIGHTS": str(tmp_path / "weights")}
        )
        monkeypatch.setattr("bonaface.weights.settings", lambda: here)
        monkeypatch.setattr("bonaface.remote.settings", lambda: here)
        content = detector()
        entry = replace(
            weights.weight(WEIGHT), sha256=hashlib.sha256(content).hexdigest(), size=len(content)
        )
        others = [one for one in catalogue.CATALOGUE if one.name != WEIGHT]
        monkeypatch.setattr(weights, "CATALOGUE", (entry, *others))
        yield files


def publish(hub: dict[str, bytes], content: bytes) -> None:
    (part,) = weights.weight(WEIGHT).parts
    assert isinstance(part, catalogue.HubPart)
    hub[f"/{part.repository}/resolve/{part.revision}/{part.path}"] = content


def sound(seconds: float, marked: float) -> Sound:
    samples = np.zeros(round(seconds * RATE), np.float32)
    samples[: round(len(samples) * marked)] = 0.5
    return Sound(0, samples, RATE)


def test_it_is_pinned_by_revision_and_hash() -> None:
    entry = weights.weight(WEIGHT)
    (part,) = entry.parts
    assert isinstance(part, catalogue.HubPart)
    assert len(part.revision) == 40
    assert len(entry.sha256) == 64
    assert not entry.needed


def test_it_is_fetched_by_name_and_heard(hub: dict[str, bytes]) -> None:
    with pytest.raises(WeightsMissing, match="bonaface models fetch audioseal"):
        open_audioseal()
    with pytest.raises(FetchFailed):
        weights.fetch(WEIGHT)
    publish(hub, detector())
    weights.fetch(WEIGHT)
    reader = open_audioseal()
    assert not list(reader.push(sound(3, 0.8)))
    (found,) = reader.flush()
    assert found.found
    assert found.share == pytest.approx(0.8)
    assert found.message == MESSAGE
    assert not list(reader.flush()), "what was heard is forgotten"


def test_other_bytes_are_refused(hub: dict[str, bytes]) -> None:
    publish(hub, detector() + b" ")
    with pytest.raises(WeightsDamaged):
        weights.fetch(WEIGHT)


@pytest.fixture
def reader(tmp_path: Path) -> AudioSeal:
    path = tmp_path / "detector.onnx"
    path.write_bytes(detector())
    return AudioSeal(path)


@pytest.mark.parametrize("piece", [777, HOP, WINDOW + 1])
def test_pieces_change_nothing(reader: AudioSeal, piece: int) -> None:
    whole = sound(23.01, 0.3).samples
    for at in range(0, len(whole), piece):
        reader.push(Sound(0, whole[at : at + piece].copy(), RATE))
    (found,) = reader.flush()
    assert found.share == pytest.approx(0.3, abs=1e-4)
    assert not found.found


def test_silence_and_other_rates(reader: AudioSeal) -> None:
    assert not list(reader.flush())
    with pytest.raises(SettingsError):
        reader.push(Sound(0, np.zeros(10, np.float32), 48_000))


def test_a_model_that_answers_otherwise_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.onnx"
    path.write_bytes(detector(bits=8))
    other = AudioSeal(path)
    other.push(sound(1, 1))
    with pytest.raises(WeightsDamaged):
        list(other.flush())


def test_it_is_told_and_weighs_nothing() -> None:
    mark = PublicMark("AudioSeal", 0.93, MESSAGE)
    evidence = Evidence(Credentials("none"), public=(mark,))
    (found,) = [one for one in inspect_origin(evidence) if one.inspector == "public-mark"]
    assert found.score is None
    assert "93%" in found.reason
    assert judge(evidence).word == "cannot-tell"
    assert "not found" in describe_mark(PublicMark("AudioSeal", 0.1, MESSAGE))


@pytest.mark.usefixtures("hub")
def test_without_the_model_a_check_names_the_command() -> None:
    limits: list[str] = []
    assert _public_marks(Media(Path("a.wav"), "audio", 1.0, has_sound=True), limits) == ()
    assert limits == [ABSENT]
    assert _public_marks(Media(Path("a.png"), "image", None), limits) == ()
    assert limits == [ABSENT, trustmark.ABSENT]
