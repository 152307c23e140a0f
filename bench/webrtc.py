"""What it costs to send a face to a browser: `python bench/webrtc.py [--json] [--pictures 250]`.

The first fictional portrait of the test media speaks, blinks and turns at 512 x 512, 25 a second,
labelled and marked. "encoders": CPU ms a picture on one thread, bits a second, and likeness of the
luma to what went in (PSNR, SSIM), for ours and for aiortc's own, at the same allowed bits; the
hidden mark is read from what a viewer decodes. "calls": one process, the loopback, peers of ours
and viewers of aiortc's that decode: pictures that arrive, time from `show` to the decoded picture,
and what one viewer more costs the whole process, decoding left out.

--json: {"encoders": [{"name", "kbits", "ms_p50", "ms_p95", "sent_kbits", "psnr", "ssim", "mark"}],
"call": {codec: {"pictures", "arrived", "p50_ms", "p95_ms"}},
"viewers": {count: {"cpu_percent", "arrived"}}}
"""

import argparse
import asyncio
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import aioice.ice
import av
import avatar
import cv2
import numpy as np
from aiortc import RTCConfiguration, RTCPeerConnection, RTCRtpSender, RTCSessionDescription
from aiortc.codecs.h264 import H264Encoder
from aiortc.codecs.vpx import Vp8Encoder
from aiortc.mediastreams import MediaStreamError
from numpy.typing import NDArray

from bonaface.avatar.likeness.build import build_likeness
from bonaface.avatar.render.renderer import Renderer
from bonaface.core import SECOND, Picture, Sound
from bonaface.marks.marked import MarkedPicture, MarkedSound
from bonaface.marks.picture.mark import PictureMark
from bonaface.marks.picture.reader import read_picture_mark
from bonaface.marks.sound.mark import SoundMark
from bonaface.media.photos import read_photo
from bonaface.media.webrtc.codecs import PictureCodec, PictureEncoder
from bonaface.media.webrtc.feeds import Feeds
from bonaface.media.webrtc.peer import Peer
from bonaface.media.webrtc.rate import Rung
from bonaface.media.webrtc.reception import install
from bonaface.stream.clock import SessionClock

SIZE = (512, 512)
RATE = 25
MARK = 0x0123_4567_89AB_CDEF
KBITS = (300, 500, 1000, 1500)
Pixels = NDArray[np.uint8]
Encode = Callable[[Pixels, int], bytes]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--pictures", type=int, default=250)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    film = draw(options.pictures)
    found: dict[str, Any] = {"encoders": list(compare(film)), "call": {}, "viewers": {}}
    # on the loopback only, which aioice leaves out
    aioice.ice.get_host_addresses = lambda **_: ["127.0.0.1"]
    for codec in ("H264", "VP8"):
        found["call"][codec] = asyncio.run(call(film, 1, codec))
    for count in (1, 2, 4):
        found["viewers"][count] = asyncio.run(call(film, count, "H264", decodes=False))
    print(json.dumps(found, indent=2) if options.json else table(found))


def draw(count: int) -> list[MarkedPicture]:
    """A face that speaks, marked."""
    path = avatar.portrait()
    photo = read_photo(path)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["BONAFACE_HOME"] = folder
        permit = avatar._permit(path, photo)  # noqa: SLF001 the same face as in that bench
        renderer = Renderer(build_likeness(photo, SIZE), permit)
        mark = PictureMark(MARK)
        drawn = (picture for pose in avatar.poses(count) for picture in renderer.push(pose))
        timed = (Picture(i * SECOND // RATE, one.pixels) for i, one in enumerate(drawn))
        return [marked for one in timed for marked in mark.push(one)]


# Encoders


def compare(film: list[MarkedPicture]) -> Iterator[dict[str, Any]]:
    """Ours beside aiortc's own, which knows nothing below 500 kb/s."""
    codecs: tuple[PictureCodec, ...] = ("H264", "VP8")
    for kbits in KBITS:
        for codec in codecs:
            yield measure(f"{codec}, ours", kbits, ours(codec, kbits), film)
            if kbits >= 500:
                yield measure(f"{codec}, aiortc", kbits, theirs(codec, kbits), film)


def ours(codec: PictureCodec, kbits: int) -> Encode:
    """Our encoder."""
    encoder = PictureEncoder(codec, SIZE, Rung(1000 * kbits))

    def encode(pixels: Pixels, at: int) -> bytes:
        found = encoder.encode(pixels, at, key=False)
        return found.data if found else b""

    return encode


def theirs(codec: PictureCodec, kbits: int) -> Encode:
    """Aiortc's encoder, its packets put together again."""
    encoder: Any = H264Encoder() if codec == "H264" else Vp8Encoder()
    encoder.target_bitrate = 1000 * kbits

    def encode(pixels: Pixels, at: int) -> bytes:
        frame = av.VideoFrame.from_ndarray(pixels, format="rgb24").reformat(format="yuv420p")
        frame.pts, frame.time_base = at * 30 // SECOND, Fraction(1, 30)  # its own time base
        if codec == "VP8":
            payloads, _ = encoder.encode(frame)
            return b"".join(payload[4:] for payload in payloads)  # less the descriptor
        units = encoder._encode_frame(frame, force_keyframe=False)  # noqa: SLF001 not in packets
        return b"".join(b"\0\0\0\1" + unit for unit in units)

    return encode


def measure(name: str, kbits: int, encode: Encode, film: list[MarkedPicture]) -> dict[str, Any]:
    """Encode and decode a film."""
    decoder = av.CodecContext.create("h264" if name.startswith("H264") else "vp8", "r")
    assert isinstance(decoder, av.VideoCodecContext)  # noqa: S101 for the type checker
    spent, sizes, seen = [], [], []
    for one in film:
        begun = time.process_time()
        data = encode(np.ascontiguousarray(one.pixels), one.at)
        spent.append(1e3 * (time.process_time() - begun))
        sizes.append(len(data))
        seen += decoder.decode(av.Packet(data))
    seen += decoder.decode(None)
    pixels = [np.asarray(frame.to_ndarray(format="rgb24"), np.uint8) for frame in seen]
    pairs = list(zip(film, pixels, strict=True))
    likeness = [compare_luma(luma(a.pixels), luma(b)) for a, b in pairs[::5]]
    read = read_picture_mark(Picture(a.at, b) for a, b in pairs)
    return {
        "name": name,
        "kbits": kbits,
        "ms_p50": round(float(np.median(spent)), 2),
        "ms_p95": round(float(np.percentile(spent, 95)), 2),
        "sent_kbits": round(8 * sum(sizes) * RATE / len(film) / 1000),
        "psnr": round(float(np.mean([one[0] for one in likeness])), 1),
        "ssim": round(float(np.mean([one[1] for one in likeness])), 3),
        "mark": read.mark_id == MARK,
    }


def luma(pixels: Pixels) -> NDArray[np.float32]:
    """As the encoders see it."""
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.float32)


def compare_luma(one: NDArray[np.float32], two: NDArray[np.float32]) -> tuple[float, float]:
    """PSNR in dB, and SSIM (Wang et al., 2004, Gaussian windows of 11)."""
    error = float(np.mean((one - two) ** 2))

    def near(values: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray(cv2.GaussianBlur(values, (11, 11), 1.5), np.float32)

    a, b = near(one), near(two)
    aa, bb, ab = near(one * one) - a * a, near(two * two) - b * b, near(one * two) - a * b
    light = (2 * a * b + 6.5) / (a * a + b * b + 6.5)
    shape = (2 * ab + 58.5) / (aa + bb + 58.5)
    return 10 * np.log10(255**2 / max(error, 1e-9)), float(np.mean(light * shape))


# Calls


class Viewer:
    """aiortc as a viewer; one that does not decode throws its packets away."""

    def __init__(self, clock: SessionClock, codec: str, *, decodes: bool) -> None:
        self.connection = RTCPeerConnection(RTCConfiguration([]))
        self.came: dict[int, int] = {}  # pts: when
        self._clock, self._decodes = clock, decodes
        self._tasks: list[asyncio.Task[None]] = []
        self._buffers: dict[str, Any] = {}
        self.connection.on("track", self._take)
        self.connection.addTransceiver("audio", "recvonly")
        video = self.connection.addTransceiver("video", "recvonly")
        codecs = RTCRtpSender.getCapabilities("video").codecs
        video.setCodecPreferences(
            [c for c in codecs if c.mimeType in {f"video/{codec}", "video/rtx"}]
        )

        self.codecs = range(97, 128)  # aiortc numbers Opus 96, and pictures after it

    async def join(self, peer: Peer) -> None:
        """Call and be answered."""
        await self.connection.setLocalDescription(await self.connection.createOffer())
        answer = await peer.answer(self.connection.localDescription.sdp)
        await self.connection.setRemoteDescription(RTCSessionDescription(answer, "answer"))
        if not self._decodes:
            for receiver in self.connection.getReceivers():
                receiver._handle_rtp_packet = self._count  # noqa: SLF001 there is no other way in
        for transceiver in self.connection.getTransceivers():
            # aiortc's own buffer waits for the next picture
            self._buffers[transceiver.kind] = install(transceiver, self._clock)

    async def _count(self, packet: Any, arrival_time_ms: int) -> None:
        del arrival_time_ms
        if packet.marker and packet.payload_type in self.codecs:
            self.came.setdefault(packet.timestamp, self._clock.now())

    def _take(self, track: Any) -> None:
        self._tasks.append(asyncio.get_running_loop().create_task(self._drain(track)))

    async def _drain(self, track: Any) -> None:
        try:
            while True:
                frame = await track.recv()
                if track.kind == "video":
                    self.came[frame.pts] = self._clock.now()
                    self._buffers["video"].note_decoded(frame.width, frame.height)
        except MediaStreamError:
            return

    async def close(self) -> None:
        """Leave."""
        await self.connection.close()
        await asyncio.gather(*self._tasks)


async def call(
    film: list[MarkedPicture], count: int, codec: str, *, decodes: bool = True
) -> dict[str, Any]:
    """Show the film to `count` viewers of one session, in real time."""
    clock, feeds = SessionClock(), Feeds()
    peers = [Peer(clock, (), None, feeds=feeds) for _ in range(count)]
    viewers = [Viewer(clock, codec, decodes=decodes) for _ in range(count)]
    for viewer, peer in zip(viewers, peers, strict=True):
        await viewer.join(peer)
    states = ["new"]
    while set(states) != {"connected"}:
        await asyncio.sleep(0.05)
        states = [viewer.connection.connectionState for viewer in viewers]
    cpu, begun = time.process_time(), clock.now()
    shown = await show(clock, peers, film)
    cpu, passed = time.process_time() - cpu, clock.now() - begun
    await asyncio.sleep(0.5)
    await asyncio.gather(*(viewer.close() for viewer in viewers))
    await asyncio.gather(*(peer.close() for peer in peers))
    arrived = [len(viewer.came) for viewer in viewers]
    if not decodes:
        return {"cpu_percent": round(100 * cpu * SECOND / passed, 1), "arrived": arrived}
    delays = match(shown, viewers[0].came)
    return {
        "pictures": len(film),
        "arrived": arrived[0],
        "p50_ms": round(float(np.percentile(delays, 50)), 1),
        "p95_ms": round(float(np.percentile(delays, 95)), 1),
    }


async def show(clock: SessionClock, peers: list[Peer], film: list[MarkedPicture]) -> list[int]:
    """Release pictures and silence as a session does; answers when each picture left."""
    silence = SoundMark(MARK)
    begun, shown = clock.now(), []
    step = SECOND // 50
    for number in range(2 * len(film)):
        at = begun + number * step
        await clock.reach(at)
        sounds: list[MarkedSound] = list(silence.push(Sound(at, np.zeros(960, np.float32), 48_000)))
        for peer in peers:
            for sound in sounds:
                peer.hear(sound)
        if number % 2 == 0:
            shown.append(clock.now())
            for peer in peers:
                peer.show(film[number // 2])
    return shown


def match(shown: list[int], came: dict[int, int]) -> NDArray[np.float64]:
    """Milliseconds from release to arrival; RTP times count from the first picture sent."""
    places = {pts: pts * RATE // 90_000 for pts in came}
    return np.array(
        [(came[pts] - shown[place]) / 1e6 for pts, place in places.items() if place < len(shown)]
    )


def table(found: dict[str, Any]) -> str:
    """The figures, ours beside aiortc's."""
    head = (
        f"{'encoder':14}{'kb/s':>6}{'ms p50':>8}{'p95':>7}{'sent':>6}{'PSNR':>7}{'SSIM':>7}  mark"
    )
    lines = [head]
    lines += [
        f"{one['name']:14}{one['kbits']:6}{one['ms_p50']:8.2f}{one['ms_p95']:7.2f}"
        f"{one['sent_kbits']:6}{one['psnr']:7.1f}{one['ssim']:7.3f}"
        f"  {'read' if one['mark'] else 'not read'}"
        for one in found["encoders"]
    ]
    lines += ["", "from show() to the decoded picture, loopback, one process"]
    for codec, one in found["call"].items():
        lines.append(
            f"{codec:14}p50 {one['p50_ms']} ms, p95 {one['p95_ms']} ms,"
            f" {one['arrived']} of {one['pictures']} pictures"
        )
    lines += ["", "CPU of one core for a session's sending and its viewers' receiving, no decoding"]
    for count, one in found["viewers"].items():
        lines.append(f"{count} viewers{'':5}{one['cpu_percent']} %, pictures {one['arrived']}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
