"""Small files to be signed, and a stranger's way to sign them."""

import io
import wave
from datetime import date, datetime
from pathlib import Path
from typing import Any, Protocol

import av
import numpy as np
from c2pa import Builder, C2paSignerInfo, Context, Settings, Signer
from PIL import Image

from bonaface.consent.policy import Permit, permit
from bonaface.consent.portrait import hash_portrait
from bonaface.consent.records import ConsentRecord, Terms, grant
from bonaface.core import Picture
from bonaface.marks.credentials.manifest import SOURCE_TYPES

MIMES = {
    "video.mp4": "video/mp4",
    "still.jpg": "image/jpeg",
    "still.png": "image/png",
    "still.webp": "image/webp",
    "sound.wav": "audio/wav",
    "sound.m4a": "audio/mp4",
}


def pixels(seed: int = 1) -> np.ndarray[Any, np.dtype[np.uint8]]:
    coarse = np.random.default_rng(seed).integers(0, 255, (12, 12, 3), np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((192, 192), Image.Resampling.BICUBIC)).copy()


def photo(seed: int = 1, **options: Any) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels(seed)).save(file, "JPEG", **options)
    return file.getvalue()


def write_video(path: Path, layout: dict[str, str] | None = None) -> None:
    with av.open(str(path), "w", options=layout or {}) as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width = stream.height = 192
        stream.pix_fmt = "yuv420p"
        for index in range(10):
            frame = av.VideoFrame.from_ndarray(pixels(index), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def write_sound(path: Path) -> None:
    tone = np.sin(np.arange(48_000) / 20).astype(np.float32) * 0.3
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=48_000, layout="mono")
        frame = av.AudioFrame.from_ndarray(tone[None, :], format="fltp", layout="mono")
        frame.sample_rate = 48_000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def write_wave(path: Path, seconds: int = 1) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(bytes(32_000 * seconds))


def write(path: Path) -> Path:
    """Make an unsigned file of the kind that its name says."""
    if path.suffix == ".mp4":
        write_video(path)
    elif path.suffix == ".m4a":
        write_sound(path)
    elif path.suffix == ".wav":
        write_wave(path)
    else:
        Image.fromarray(pixels()).save(path)
    return path


def spoil(path: Path) -> None:
    """Change one byte of what is seen or heard."""
    data = bytearray(path.read_bytes())
    if path.suffix in {".mp4", ".m4a"}:  # the manifest, which names boxes, comes before
        start = data.rindex(b"mdat")
    elif path.suffix in {".wav", ".webp"}:  # and here after
        start = data.index(b"data" if path.suffix == ".wav" else b"VP8 ")
    else:
        start = len(data) - 400
    data[start + 40] ^= 1
    path.write_bytes(data)


def consent(now: datetime) -> ConsentRecord:
    """The yes of whom the photo shows."""
    terms = Terms("Ada Lovelace", "self", ("training-video",), date(2099, 12, 31))
    return grant(hash_portrait(photo(), Picture(0, pixels())), terms, now)


def allow(record: ConsentRecord, now: datetime) -> Permit:
    """The leave that follows from it."""
    return permit(record, Picture(0, pixels()), None, now)


class Signing(Protocol):
    """A key and its certificates, as PEM."""

    @property
    def key(self) -> bytes: ...
    @property
    def chain(self) -> bytes: ...


def build(manifest: dict[str, Any], signing: Signing, data: bytes, uses: str = "") -> bytes:
    """Sign as a stranger would, with c2pa alone; `uses` are those of a certificate it lets pass."""
    target = io.BytesIO()
    chosen: dict[str, Any] = {"builder": {"thumbnail": {"enabled": False}}}
    if uses:
        chosen["trust"] = {"trust_config": uses}
    quiet = Settings.from_dict(chosen)
    info = C2paSignerInfo(b"es256", signing.chain, signing.key, None)
    with Context(settings=quiet) as context, Signer.from_info(info) as signer:
        Builder(manifest, context=context).sign(signer, "image/jpeg", io.BytesIO(data), target)
    return target.getvalue()


def recorded(source: str) -> dict[str, Any]:
    action = {"action": "c2pa.created", "digitalSourceType": SOURCE_TYPES + source}
    return {
        "claim_version": 2,
        "claim_generator_info": [{"name": "Camera", "version": "1"}],
        "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [action]}}],
    }
