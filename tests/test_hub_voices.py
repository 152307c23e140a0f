"""Voices from elsewhere: a stand-in model hub, Piper's files, graphs opened from outside."""

# ruff: noqa: RUF001 (the letters of the phonetic alphabet are meant)

import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.error import HTTPError

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from bonaface import catalogue, config, weights
from bonaface.errors import FetchFailed, SpeechError, WeightsDamaged, WeightsMissing
from bonaface.speech import voices
from bonaface.speech.graph import expose, find_outputs
from bonaface.speech.kokoro import read_style
from bonaface.speech.piper import respell
from bonaface.speech.synthesize import open_voice


def test_outputs_are_added_to_a_graph_without_an_onnx_library() -> None:
    model = piper_model().SerializeToString()
    opened = onnx.load_from_string(expose(model, "w_ceil", "x" * 200))
    assert [output.name for output in opened.graph.output] == ["output", "w_ceil", "x" * 200]
    assert len(opened.graph.node) == len(piper_model().graph.node)
    assert find_outputs(model, "Ceil") == ["w_ceil"]
    assert find_outputs(model, "LSTM") == []


@pytest.mark.parametrize("junk", [b"\xff" * 40, b"\x3a\xff\xff\xff", b"not a model at all"])
def test_bytes_that_are_no_graph_are_refused(junk: bytes, tmp_path: Path) -> None:
    path = tmp_path / "voice.onnx"
    path.write_bytes(junk)
    (tmp_path / "voice.onnx.json").write_text(json.dumps(manual()))
    with pytest.raises(WeightsDamaged):
        open_voice(str(path))


LETTERS = "_^$ .,!?abdefhiklmnopstuvwzæðŋɑɔəɛɚɜɡɪɹʃʊʌθːˈˌjʒɾ"


def manual(voice: str = "en-us") -> dict[str, object]:
    """What a Piper voice's JSON file says, with every letter its own number."""
    return {
        "audio": {"sample_rate": 22_050},
        "espeak": {"voice": voice},
        "inference": {"noise_scale": 0.667, "length_scale": 1, "noise_w": 0.8},
        "phoneme_id_map": {letter: [number] for number, letter in enumerate(LETTERS)},
        "num_speakers": 1,
    }


def piper_model() -> onnx.ModelProto:
    """A graph with Piper's inputs and outputs: 5 frames a number, 256 samples a frame."""

    def constant(name: str, value: object, kind: type) -> onnx.TensorProto:
        return numpy_helper.from_array(np.array(value, kind), name)

    nodes = [
        helper.make_node("Cast", ["input"], ["wide"], to=TensorProto.FLOAT),
        helper.make_node("Slice", ["scales", "one", "two"], ["length"]),
        helper.make_node("Mul", ["wide", "zero"], ["nothing"]),
        helper.make_node("Add", ["nothing", "frames"], ["flat"]),
        helper.make_node("Mul", ["flat", "length"], ["w"]),
        helper.make_node("Ceil", ["w"], ["w_ceil"]),
        helper.make_node("ReduceSum", ["w_ceil"], ["sum"], keepdims=0),
        helper.make_node("Mul", ["sum", "hop"], ["samples"]),
        helper.make_node("Cast", ["samples"], ["count"], to=TensorProto.INT64),
        helper.make_node("Range", ["start", "count", "step"], ["ramp"]),
        helper.make_node("Cast", ["ramp"], ["turns"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["turns", "pitch"], ["phase"]),
        helper.make_node("Sin", ["phase"], ["wave"]),
        helper.make_node("Reshape", ["wave", "shape"], ["output"]),
    ]
    inputs = [
        helper.make_tensor_value_info("input", TensorProto.INT64, ["b", "t"]),
        helper.make_tensor_value_info("input_lengths", TensorProto.INT64, ["b"]),
        helper.make_tensor_value_info("scales", TensorProto.FLOAT, [3]),
    ]
    output = helper.make_tensor_value_info("output", TensorProto.FLOAT, [1, 1, 1, "n"])
    constants = [
        constant("one", [1], np.int64),
        constant("two", [2], np.int64),
        constant("zero", 0, np.float32),
        constant("frames", 5, np.float32),
        constant("hop", 256, np.float32),
        constant("pitch", 0.05, np.float32),
        constant("start", 0, np.int64),
        constant("step", 1, np.int64),
        constant("shape", [1, 1, 1, -1], np.int64),
    ]
    graph = helper.make_graph(nodes, "voice", inputs, [output], constants)
    opset = helper.make_opsetid("", 15)
    return helper.make_model(graph, opset_imports=[opset], ir_version=8)


class Hub(BaseHTTPRequestHandler):
    """A stand-in for a model hub: /{owner}/{name}/resolve/{revision}/{path}."""

    files: dict[str, bytes]

    def do_GET(self) -> None:
        content = self.files.get(self.path)
        self.send_response(404 if content is None else 200)
        self.end_headers()
        self.wfile.write(content or b"")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, bytes]]:
    """A hub on this machine; a test puts files on it."""
    files: dict[str, bytes] = {}
    handler = type("Handler", (Hub,), {"files": files})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    environment = {
        "BONAFACE_HUB": f"http://127.0.0.1:{server.server_port}",
        "BONAFACE_WEIGHTS": str(tmp_path / "weights"),
    }
    here = config.read_settings(environment)
    monkeypatch.setattr("bonaface.weights.settings", lambda: here)
    monkeypatch.setattr("bonaface.remote.settings", lambda: here)
    voices.open_speaker.cache_clear()
    yield files
    voices.open_speaker.cache_clear()
    server.shutdown()
    server.server_close()
    thread.join()


def publish(
    hub: dict[str, bytes], monkeypatch: pytest.MonkeyPatch, contents: dict[str, bytes]
) -> None:
    """Put files on the hub where the catalogue looks for them, and pin what they are."""
    entries = []
    for entry in catalogue.CATALOGUE:
        if entry.name in contents:
            (part,) = entry.parts
            assert isinstance(part, catalogue.HubPart)
            content = contents[entry.name]
            hub[f"/{part.repository}/resolve/{part.revision}/{part.path}"] = content
            digest = hashlib.sha256(content).hexdigest()
            row = (entry.name, entry.file, digest, len(content), entry.licence, entry.purpose)
            entries.append(catalogue.Weight(*row, entry.parts, needed=False))
    monkeypatch.setattr(weights, "CATALOGUE", tuple(entries))


LESSAC = "piper:en_US-lessac-medium"


def piper_files() -> dict[str, bytes]:
    return {
        LESSAC: piper_model().SerializeToString(),
        f"{LESSAC}.json": json.dumps(manual()).encode(),
    }


def test_a_piper_voice_is_fetched_from_a_hub_and_speaks(
    hub: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(hub, monkeypatch, piper_files())
    with pytest.raises(WeightsMissing, match=f"models fetch {LESSAC} {LESSAC}.json"):
        open_voice(LESSAC)
    voices.fetch_voice(LESSAC)
    (utterance,) = open_voice(LESSAC).push("Good morning.")
    assert utterance.sound.rate == 22_050
    symbols = [phone.symbol for phone in utterance.phones if phone.symbol]
    assert "".join(symbols) == "ɡʊdmɔɹnɪŋ"
    assert utterance.phones[-1].until == utterance.sound.until


def test_a_voice_that_is_not_what_was_pinned_is_refused(
    hub: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(hub, monkeypatch, piper_files())
    for path in hub:
        hub[path] += b"!"
    with pytest.raises(WeightsDamaged):
        voices.fetch_voice(LESSAC)
    with pytest.raises(WeightsMissing):
        open_voice(LESSAC)


def test_a_hub_without_the_voice_is_an_error_that_helps(
    hub: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(hub, monkeypatch, piper_files())
    hub.clear()
    with pytest.raises(FetchFailed) as caught:
        voices.fetch_voice(LESSAC)
    assert caught.value.remedy
    assert isinstance(caught.value.__cause__, HTTPError)
    caught.value.__cause__.close()


def test_a_piper_voice_of_ones_own_is_a_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.onnx"
    onnx.save(piper_model(), path)
    with pytest.raises(SpeechError, match="no file"):
        open_voice(str(path))
    beside = tmp_path / "mine.onnx.json"
    beside.write_text(json.dumps(manual("de")))
    with pytest.raises(SpeechError):
        open_voice(str(path))
    beside.write_text("{}")
    with pytest.raises(WeightsDamaged):
        open_voice(str(path))
    beside.write_text(json.dumps(manual()))
    assert list(open_voice(str(path)).push("Yes."))


def test_piper_reads_the_alphabet_as_espeak_writes_it() -> None:
    assert "".join(said for _, said in respell("həlˈO wˈɜɹld")) == "həlˈoʊ wˈɜːld"
    assert "".join(said for _, said in respell("ʤˈʌʤ wˈɔTəɹ")) == "dʒˈʌdʒ wˈɔːɾɚ"


def test_every_voice_has_its_files_in_the_catalogue() -> None:
    known = {entry.name for entry in catalogue.CATALOGUE}
    for speaker in voices.VOICES.values():
        assert set(speaker.files) <= known
    assert all(len(entry.sha256) == 64 for entry in catalogue.CATALOGUE)


def test_styles_that_are_none_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "voice.bin"
    path.write_bytes(b"\0" * 1000)
    with pytest.raises(WeightsDamaged):
        read_style(path, "me")
    path.write_bytes(b"\0" * 2048)
    assert read_style(path, "me").shape == (2, 256)
