"""Take the weights of a voice encoder out of the package that carries them.

    pip download --no-deps resemblyzer==0.1.4
    python training/voice/take_voice.py Resemblyzer-0.1.4-py3-none-any.whl models/voice.npz

The file in the wheel holds the optimizer too, 17 MB in the pickle format of old PyTorch; what is
used of it are three LSTM layers and a projection (Wan et al. 2018, "Generalized end-to-end loss for
speaker verification"). They are kept as float16, 2.9 MB. Needs PyTorch, here only.
"""

import io
import sys
import zipfile
from pathlib import Path

import numpy as np
import torch

LAYERS = 3


def main() -> None:
    """Write the arrays that bonaface/speech/voice.py reads."""
    wheel, out = Path(sys.argv[1]), Path(sys.argv[2])
    with zipfile.ZipFile(wheel) as members:
        data = io.BytesIO(members.read("resemblyzer/pretrained.pt"))
    state = torch.load(data, map_location="cpu", weights_only=True)["model_state"]
    arrays = {}
    for i in range(LAYERS):
        arrays[f"input{i}"] = state[f"lstm.weight_ih_l{i}"].numpy().T
        arrays[f"again{i}"] = state[f"lstm.weight_hh_l{i}"].numpy().T
        bias = state[f"lstm.bias_ih_l{i}"] + state[f"lstm.bias_hh_l{i}"]
        arrays[f"bias{i}"] = bias.numpy()
    arrays["project"] = state["linear.weight"].numpy().T
    arrays["shift"] = state["linear.bias"].numpy()
    np.savez(out, **{name: array.astype(np.float16) for name, array in arrays.items()})


if __name__ == "__main__":
    main()
