"""The network: four layers over what is left of a picture when a blur of 3 px is taken away.

In: (n, 3, any, any) float32 RGB 0..255, at least 64 px. Out: logit (n,) that a network drew it, and
the logits of its places (n, height/8, width/8), of which `logit` is the mean.
"""

from typing import Any

from torch import nn

REACH = 12.0  # grey levels of the residual, beyond which nothing more is told apart
LAYERS = ((3, 24, 1), (24, 32, 2), (32, 48, 2), (48, 48, 2))


class Residual(nn.Module):  # type: ignore[misc]
    """33,000 numbers."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for into, out, stride in LAYERS:
            layers += [nn.Conv2d(into, out, 3, stride, 1), nn.BatchNorm2d(out), nn.ReLU()]
        self.body, self.head = nn.Sequential(*layers), nn.Conv2d(LAYERS[-1][1], 1, 1)

    def forward(self, picture: Any) -> tuple[Any, Any]:
        """The mean over all places, and the places."""
        wide = nn.functional.pad(picture, (1, 1, 1, 1), "reflect")
        residual = (picture - nn.functional.avg_pool2d(wide, 3, 1)) / REACH
        places = self.head(self.body(residual.clamp(-1, 1)))[:, 0]
        return places.mean((1, 2)), places
