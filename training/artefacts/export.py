"""Write the trained network as ONNX.

python training/artefacts/export.py NET.pt models/artefacts.onnx
"""

import sys
from pathlib import Path

import torch
from trunk import Detector

SIDE = 160


def main() -> None:
    """Write it, with any number of faces at once."""
    net = Detector()
    net.load_state_dict(torch.load(Path(sys.argv[1]), weights_only=True))
    net.eval()
    torch.onnx.export(
        net,
        (torch.zeros(1, 3, SIDE, SIDE),),
        sys.argv[2],
        input_names=["face"],
        output_names=["logit", "mask"],
        dynamic_axes={"face": {0: "n"}, "logit": {0: "n"}, "mask": {0: "n"}},
        opset_version=17,
        dynamo=False,
    )


if __name__ == "__main__":
    main()
