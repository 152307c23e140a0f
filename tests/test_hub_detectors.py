"""Published detectors by name: fetched from a stand-in hub, pinned, refused, asked about faces."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from hub import serve_files
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from bonaface import config, weights
from bonaface.cli import main
from bonaface.core import SECOND, Finding, Picture, Sound
from bonaface.errors import (
    DetectorRefused,
    FetchFailed,
    SettingsError,
    WeightsDamaged,
    WeightsMissing,
)
from bonaface.face.find import Face
from bonaface.forensics.fusion import fuse
from bonaface.forensics.hub import kept
from bonaface.forensics.hub.detector import MODEL
from bonaface.forensics.hub.graph import refuse_other_files
from bonaface.forensics.hub.inspector import EVERY, MOST, Published
from bonaface.forensics.hub.kept import entries, fetch_detector, open_detector
from bonaface.forensics.hub.labels import read_labels
from bonaface.forensics.hub.name import HubName, read_name
from bonaface.forensics.hub.preparation import read_preparation
from bonaface.forensics.look import Look, Sight
from bonaface.weights import place

NAME = HubName("someone/face-judge", "abc123")
SETTINGS = {
    "do_resize": True,
    "size": {"height": 32, "width": 32},
    "resample": 2,
    "do_rescale": True,
    "rescale_factor": 1 / 255,
    "do_normalize": True,
    "image_mean": [0.5, 0.5, 0.5],
    "image_std": [0.5, 0.5, 0.5],
}
LABELS = {"id2label": {"0": "Real", "1": "Deepfake"}}


def classifier(answers: int = 2) -> bytes:
    """The brighter a picture, the more forged: logits 0 and ten times the mean."""
    nodes = [
        helper.make_node("ReduceMean", ["pixel_values"], ["mean"], axes=[1, 2, 3], keepdims=0),
        helper.make_node("Unsqueeze", ["mean", "one"], ["column"]),
        helper.make_node("MatMul", ["column", "slopes"], ["logits"]),
    ]
    slopes = np.array([[0.0, *[10.0] * (answers - 1)]], np.float32)
    values = [
        numpy_helper.from_array(np.array([1], np.int64), "one"),
        numpy_helper.from_array(slopes, "slopes"),
    ]
    graph = helper.make_graph(
        nodes,
        "classifier",
        [helper.make_tensor_value_info("pixel_values", TensorProto.FLOAT, ["n", 3, 32, 32])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", answers])],
        values,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return bytes(model.SerializeToString())


def publish(hub: dict[str, bytes], **files: bytes) -> None:
    """Lay a repository on the hub; what is named in `files` takes the place of the usual."""
    usual = {
        "config": json.dumps(LABELS).encode(),
        "preparation": json.dumps(SETTINGS).encode(),
        "model": classifier(),
        **files,
    }
    root = f"/{NAME.repository}/resolve/{NAME.revision}"
    hub[f"{root}/config.json"] = usual["config"]
    hub[f"{root}/preprocessor_config.json"] = usual["preparation"]
    hub[f"{root}/onnx/model.onnx"] = usual["model"]


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, bytes]]:
    files: dict[str, bytes] = {}
    with serve_files(files) as address:
        here = config.read_settings(
            {
                "BONAFACE_HUB": address,
                "BONAFACE_HOME": str(tmp_path / "home"),
                "BONAFACE_WEIGHTS": str(tmp_path / "weights"),
            }
        )
        for module in ("weights", "remote", "forensics.hub.kept"):
            monkeypatch.setattr(f"bonaface.{module}.settings", lambda: here)
        yield files


def grey(light: int) -> NDArray[np.uint8]:
    return np.full((80, 80, 3), light, np.uint8)


def test_it_is_fetched_once_pinned_and_asked(hub: dict[str, bytes]) -> None:
    with pytest.raises(WeightsMissing, match="bonaface models fetch hub:someone/face-judge@abc123"):
        open_detector(NAME)
    with pytest.raises(FetchFailed, match=r"has no config\.json"):
        fetch_detector(NAME)
    publish(hub)
    fetch_detector(NAME)
    hub.clear()
    fetch_detector(NAME)  # nothing is asked for again
    detector = open_detector(NAME)
    assert detector.labels == ("Real", "Deepfake")
    assert detector.judge(grey(255)) == pytest.approx(1 / (1 + np.exp(-10)))
    assert detector.judge(grey(0)) == pytest.approx(1 / (1 + np.exp(10)))


def test_other_bytes_under_the_same_name_are_refused(hub: dict[str, bytes]) -> None:
    publish(hub)
    fetch_detector(NAME)
    for entry in entries(NAME):
        place(entry).unlink()
    with pytest.raises(WeightsMissing):
        open_detector(NAME)
    publish(hub, model=classifier() + b"\x08\x09")
    with pytest.raises(WeightsDamaged, match="not the file that was pinned"):
        fetch_detector(NAME)
    publish(hub)
    fetch_detector(NAME)
    model = place(entries(NAME)[-1])
    model.write_bytes(model.read_bytes() + b" ")
    with pytest.raises(WeightsDamaged, match="not what was pinned"):
        open_detector(NAME)


def test_a_model_beside_its_settings_is_found_too(hub: dict[str, bytes]) -> None:
    publish(hub)
    root = f"/{NAME.repository}/resolve/{NAME.revision}"
    hub[f"{root}/model.onnx"] = hub.pop(f"{root}/onnx/model.onnx")
    fetch_detector(NAME)
    assert open_detector(NAME).judge(grey(128)) == pytest.approx(0.5, abs=0.02)


def external(data: str = "elsewhere.bin") -> bytes:
    """A model whose numbers lie in another file."""
    model = onnx.load_from_string(classifier())
    tensor = model.graph.initializer[1]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", data
    return bytes(model.SerializeToString())


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({"model": b"no model"}, "no ONNX file"),
        ({"model": classifier()[:-40]}, "no ONNX file|cannot be opened"),
        ({"model": external("../../../etc/passwd")}, "another file"),
        ({"model": classifier(answers=3)}, "one number for each label"),
        ({"config": b"{"}, "no JSON"),
        ({"config": b"[]"}, "no JSON object"),
        ({"config": b'{"id2label": {"0": "LABEL_0", "1": "LABEL_1"}}'}, "LABEL_0, LABEL_1"),
        ({"config": b'{"id2label": {"0": "fake", "1": "forged"}}'}, "cannot be told"),
        ({"config": b'{"id2label": {"0": "cat", "1": "dog"}}'}, "cannot be told"),
        ({"preparation": json.dumps({**SETTINGS, "size": 9000}).encode()}, "16 to 1024 pixels"),
        ({"preparation": json.dumps({**SETTINGS, "size": 48}).encode()}, "does not run"),
        ({"preparation": json.dumps({**SETTINGS, "image_std": [0, 1, 1]}).encode()}, "no sense"),
        ({"preparation": json.dumps({**SETTINGS, "crop_pct": 0.9}).encode()}, "crop_pct"),
    ],
)
def test_what_is_no_such_detector_is_refused_and_not_kept(
    hub: dict[str, bytes], files: dict[str, bytes], why: str
) -> None:
    publish(hub, **files)
    with pytest.raises(DetectorRefused, match=why):
        fetch_detector(NAME)
    with pytest.raises(WeightsMissing):
        open_detector(NAME)


def test_what_is_too_large_is_not_read(
    hub: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(hub)
    monkeypatch.setitem(kept.LARGEST, MODEL, 100)
    with pytest.raises(DetectorRefused, match="larger"):
        fetch_detector(NAME)


def test_a_damaged_note_says_what_to_do(hub: dict[str, bytes]) -> None:
    publish(hub)
    fetch_detector(NAME)
    kept._note(NAME).write_text("{}")
    with pytest.raises(DetectorRefused, match="fetch it again"):
        open_detector(NAME)


def test_fetched_detectors_are_listed_and_verified(
    hub: dict[str, bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    publish(hub)
    fetch_detector(NAME)
    assert main(["models", "list"]) == 0
    (line,) = [one for one in capsys.readouterr().out.splitlines() if one.startswith(str(NAME))]
    assert "here, pinned" in line
    assert main(["models", "verify"]) == 0
    weights.place(entries(NAME)[-1]).write_bytes(b"another")
    assert main(["models", "verify"]) == 3
    lines = capsys.readouterr().out.splitlines()
    assert [one.split()[-1] for one in lines if one.startswith(str(NAME))] == ["good", "DAMAGED"]
    kept._note(NAME).write_text("[]")
    assert main(["models", "list"]) == 3
    assert "fetch it again" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("labels", "forged"),
    [
        (["Fake", "Real"], [True, False]),
        (["realism", "AI-generated"], [False, True]),
        (["human", "aiGenerated", "DeepFake_v2"], [False, True, True]),
        (["Not Fake", "Fake"], None),
        (["unreal", "real"], None),
        (["real", "fake real"], None),
        (["real"], None),
    ],
)
def test_labels_are_told_by_their_words(labels: list[str], forged: list[bool] | None) -> None:
    said = {"id2label": {str(i): label for i, label in enumerate(labels)}}
    if forged is None:
        with pytest.raises(DetectorRefused):
            read_labels(said)
    else:
        assert read_labels(said)[1].tolist() == forged


def test_pictures_are_prepared_as_the_settings_say() -> None:
    said: dict[str, Any] = {
        "size": {"shortest_edge": 40},
        "do_center_crop": True,
        "crop_size": 20,
        "image_mean": [0.0, 0.5, 1.0],
        "image_std": [1.0, 0.5, 2.0],
    }
    picture = grey(0)
    picture[20:60, 20:60] = 255  # what the crop leaves
    made = read_preparation(said).prepare(picture)
    assert made.shape == (1, 3, 20, 20)
    assert made[0, :, 10, 10].tolist() == [1.0, 1.0, 0.0]
    plain = read_preparation({"size": 16, "do_rescale": False, "do_normalize": False})
    assert plain.prepare(picture).max() == 255


@pytest.mark.parametrize("text", ["", "name", "a/b/c", "a/../b", "a/b@", "https://x/y", "a/b@c/d"])
def test_odd_names_are_refused(text: str) -> None:
    with pytest.raises(SettingsError):
        read_name(text)


def test_names_are_read_with_and_without_what_may_be_left_out() -> None:
    assert read_name("hub:someone/face-judge@abc123") == read_name("someone/face-judge@abc123")
    assert str(read_name("a/b")) == "hub:a/b@main"


def test_a_graph_within_a_graph_is_looked_into(tmp_path: Path) -> None:
    inner = onnx.load_from_string(external()).graph
    inner.ClearField("input")
    node = helper.make_node("If", ["yes"], ["out"], then_branch=inner, else_branch=inner)
    graph = helper.make_graph([node], "outer", [], [])
    path = tmp_path / "nested.onnx"
    path.write_bytes(helper.make_model(graph).SerializeToString())
    with pytest.raises(DetectorRefused, match="another file"):
        refuse_other_files(path)


class Light:
    """A stand-in of a detector: how light the picture is."""

    def judge(self, pixels: NDArray[np.uint8]) -> float:
        assert min(pixels.shape[:2]) > 100, "the face with room around it"
        return float(pixels.mean() / 255)


def make_face(height: float = 150.0) -> Face:
    angles = np.linspace(0, 2 * np.pi, 478)
    marks = np.zeros((478, 3), np.float32)
    marks[:, 0] = 200 + height / 2 * np.cos(angles)
    marks[:, 1] = 200 + height / 2 * np.sin(angles)
    marks[10, 1], marks[152, 1] = 200 - height / 2, 200 + height / 2
    low, high = 200 - height / 2, 200 + height / 2
    return Face((low, low, high, high), marks, 1.0, 1.0)


def show(seconds: float, light: int, height: float = 150.0) -> Look:
    at = round(seconds * SECOND)
    pixels = np.full((400, 400, 3), light, np.uint8)
    return Look(Picture(at, pixels), (Sight(0, make_face(height)),))


def test_faces_are_judged_once_a_second_and_summed_by_their_worse_half() -> None:
    asked = Published(NAME, Light())
    found: list[Finding] = []
    for i in range(8):
        found += asked.push(show(i / 4, 51 if i < 4 else 204))
    assert [one.score for one in found] == pytest.approx([0.2, 0.8])
    (whole,) = asked.flush()
    assert whole.whole
    assert whole.score == pytest.approx(0.8)
    assert whole.inspector == "hub:someone/face-judge"
    assert "decides nothing" in whole.reason
    assert "licence" in whole.reason
    assert fuse((whole,)).probability is None, "it was not fitted"
    asked.reset()
    (whole,) = asked.flush()
    assert whole.score is None


def test_small_faces_sound_and_long_films() -> None:
    asked = Published(NAME, Light())
    assert not list(asked.push(Sound(0, np.zeros(100, np.float32), 16_000)))
    assert not list(asked.push(show(0, 100, height=30)))
    (whole,) = asked.flush()
    assert "too small" in whole.reason
    asked.reset()
    for i in range(MOST + 5):
        list(asked.push(show(i * EVERY / SECOND, 100)))
    (whole,) = asked.flush()
    assert f"{MOST} times" in whole.reason


def test_the_command_fetches_and_asks(
    hub: dict[str, bytes], tmp_path: Path, capsys: pytest.CaptureFixture[str], media: Path
) -> None:
    (tmp_path / "weights").mkdir()
    for known in config.settings().weights.iterdir():  # the models that find faces
        (tmp_path / "weights" / known.name).symlink_to(known)
    publish(hub)
    picture = str(media / "portraits" / "fictional-000.jpg")
    asked = ["check", picture, "--detector", "someone/face-judge@abc123"]
    assert main(asked) == 3
    assert "bonaface models fetch hub:someone/face-judge@abc123" in capsys.readouterr().err
    assert main(["models", "fetch", "hub:someone/face-judge@abc123"]) == 0
    assert "Licence" in capsys.readouterr().out
    hub.clear()
    assert main([*asked, "--json"]) == 2
    said = json.loads(capsys.readouterr().out)
    (whole,) = [
        one
        for one in said["findings"]
        if one["inspector"] == "hub:someone/face-judge" and one["whole"]
    ]
    assert whole["score"] is not None
    assert said["verdict"] == "cannot-tell"
