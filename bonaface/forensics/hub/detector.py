"""One published classifier, opened: a picture of a face in, its own chance of forgery out."""

import json
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from bonaface import weights
from bonaface.errors import DetectorRefused
from bonaface.forensics.hub.graph import refuse_other_files
from bonaface.forensics.hub.labels import read_labels
from bonaface.forensics.hub.preparation import read_preparation

CONFIG: Final = "config.json"
PREPARATION: Final = "preprocessor_config.json"
MODEL: Final = "model.onnx"


class Detector:
    """Its files, read and tried on a grey picture. Raises DetectorRefused for another kind."""

    def __init__(self, files: dict[str, Path]) -> None:
        config = _read(files[CONFIG])
        if config.get("problem_type") not in {None, "single_label_classification"}:
            raise DetectorRefused("It does not choose one of its labels.")
        self.labels, self._forged = read_labels(config)
        self._preparation = read_preparation(_read(files[PREPARATION]))
        refuse_other_files(files[MODEL])
        self._session = _open(files[MODEL])
        inputs = self._session.get_inputs()
        if len(inputs) != 1 or inputs[0].type != "tensor(float)" or len(inputs[0].shape) != 4:
            raise DetectorRefused("Its model does not take one picture of 32-bit numbers.")
        self._input = inputs[0].name
        self.judge(np.full((64, 64, 3), 128, np.uint8))

    def judge(self, pixels: NDArray[np.uint8]) -> float:
        """The share of its answer that goes to labels that mean forged, 0 to 1."""
        from onnxruntime.capi import onnxruntime_pybind11_state as native  # noqa: PLC0415  (heavy)

        fed = self._preparation.prepare(pixels)
        try:
            answer = np.asarray(self._session.run(None, {self._input: fed})[0], np.float64)
        except (native.Fail, native.InvalidArgument, native.RuntimeException) as cause:
            raise DetectorRefused("Its model does not run on the pictures it asks for.") from cause
        if answer.shape != (1, len(self.labels)) or not np.isfinite(answer).all():
            raise DetectorRefused("Its model does not answer with one number for each label.")
        shares = np.exp(answer[0] - answer.max())
        return float(shares[self._forged].sum() / shares.sum())


def _open(path: Path) -> Any:
    from onnxruntime.capi import onnxruntime_pybind11_state as native  # noqa: PLC0415  (heavy)

    wrong = (native.Fail, native.InvalidGraph, native.InvalidProtobuf, native.InvalidArgument)
    try:
        return weights.open_onnx(path)
    except (*wrong, native.NotImplemented, native.RuntimeException) as cause:
        said = str(cause).splitlines()[0][:200]
        raise DetectorRefused(f"Its model cannot be opened: {said}") from cause


def _read(path: Path) -> dict[str, Any]:
    try:
        said = json.loads(path.read_text("utf-8"))
    except (ValueError, RecursionError) as cause:
        raise DetectorRefused(f"Its {path.name} is no JSON.") from cause
    if not isinstance(said, dict):
        raise DetectorRefused(f"Its {path.name} is no JSON object.")
    return said
