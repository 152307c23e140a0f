"""A relay between a page and its server that decrypts what passes, and may do as it likes."""

import asyncio
import threading
from collections.abc import Callable
from fractions import Fraction
from typing import Any, Literal, TypeAlias

import av
import httpx
import numpy as np
from aiortc import (
    RTCConfiguration,
    RTCPeerConnection,
    RTCRtpSender,
    RTCRtpTransceiver,
    RTCSessionDescription,
)
from aiortc.mediastreams import MediaStreamTrack
from av.video.codeccontext import VideoCodecContext

from bonaface.media.webrtc.codecs import PictureEncoder
from bonaface.media.webrtc.rate import LADDER
from bonaface.media.webrtc.reception import PictureBuffer, install
from bonaface.stream.clock import SessionClock

Mode: TypeAlias = Literal["forward", "drop", "recode", "replay", "swap"]
TICKS = {"audio": 48_000, "video": 90_000}
EACH = 20  # frames of which one is dropped, or comes again, or in place of the next


class Passed(MediaStreamTrack):  # type: ignore[misc]
    """The coded frames of another track, as its relay lets them through."""

    def __init__(
        self, of: MediaStreamTrack, mode: Callable[[], Mode], buffer: PictureBuffer | None
    ) -> None:
        super().__init__()
        self._buffer = buffer
        self.kind, self._of, self._mode = of.kind, of, mode
        self._count = 0
        self._decoder = av.CodecContext.create("h264", "r")
        self._encoder: PictureEncoder | None = None
        self._kept: av.Packet[Any] | None = None  # to be played again, or that waits for its turn

    async def recv(self) -> "av.Packet[Any]":
        if self._mode() == "swap" and self._kept is not None:
            packet, self._kept = self._kept, None
            return packet
        while True:
            packet = await self._of.recv()
            packet.time_base = Fraction(1, TICKS[self.kind])
            self._count += 1
            if self._buffer is not None:
                self._buffer.note_decoded(512, 512)
            if self._mode() == "drop" and self._count % EACH == 0:
                continue
            return await self._changed(packet) if self.kind == "video" else packet

    async def _changed(self, packet: "av.Packet[Any]") -> "av.Packet[Any]":
        if self._mode() == "replay":
            self._kept = self._kept or packet
            return _placed(self._kept, packet) if self._count % EACH == 0 else packet
        if self._mode() == "swap" and self._count % EACH == 0:
            following = await self._of.recv()
            self._kept = _placed(packet, following)
            return _placed(following, packet)
        return self._recoded(packet)

    def _recoded(self, packet: "av.Packet[Any]") -> "av.Packet[Any]":
        """The same picture in other bytes, where that is asked for."""
        assert isinstance(self._decoder, VideoCodecContext)
        frames = self._decoder.decode(packet)
        if self._mode() != "recode" or not frames:
            return packet
        pixels = np.asarray(frames[0].to_ndarray(format="rgb24"), np.uint8)
        first = self._encoder is None
        if self._encoder is None:
            self._encoder = PictureEncoder("H264", (pixels.shape[1], pixels.shape[0]), LADDER[5])
        coded = self._encoder.encode(pixels, (packet.pts or 0) * 1_000_000_000 // 90_000, key=first)
        assert coded is not None
        made = av.Packet(coded.data)
        made.pts, made.time_base = packet.pts, packet.time_base
        return made


def _placed(packet: "av.Packet[Any]", at: "av.Packet[Any]") -> "av.Packet[Any]":
    """The bytes of one packet at the time of another."""
    moved = av.Packet(bytes(packet))
    moved.pts, moved.time_base = at.pts, Fraction(1, TICKS["video"])
    return moved


class Relay:
    """Runs on a thread of its own; `mode` can be changed at any time. `keep_coded` goes with it."""

    def __init__(self, address: str) -> None:
        self.mode: Mode = "forward"
        self._address = address.rstrip("/")
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._ends: list[RTCPeerConnection] = []

    def answer(self, path: str, offer: str) -> tuple[str, dict[str, str]]:
        """Answer a page's offer in place of the server; gives the answer and its headers."""
        work = self._answer(path, offer)
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(20)

    async def _answer(self, path: str, offer: str) -> tuple[str, dict[str, str]]:
        down, up = (RTCPeerConnection(RTCConfiguration([])) for _ in range(2))
        self._ends += [down, up]
        own = up.createDataChannel("bonaface")
        down.on("datachannel", lambda theirs: _join(theirs, own))
        pairs = [
            (up.addTransceiver(kind, "recvonly"), down.addTransceiver(kind, "sendonly"))
            for kind in ("audio", "video")
        ]
        _agree(*pairs[1])
        await down.setRemoteDescription(RTCSessionDescription(offer, "offer"))
        await up.setLocalDescription(await up.createOffer())
        async with httpx.AsyncClient() as client:
            headers = {"Content-Type": "application/sdp"}
            text = up.localDescription.sdp
            said = await client.post(self._address + path, content=text, headers=headers)
        await up.setRemoteDescription(RTCSessionDescription(said.text, "answer"))
        for pair in pairs:
            self._pass_on(*pair)
        await down.setLocalDescription(await down.createAnswer())
        kept = {name: said.headers[name] for name in ("Location", "Content-Type")}
        return str(down.localDescription.sdp), kept

    def _pass_on(self, ours: RTCRtpTransceiver, theirs: RTCRtpTransceiver) -> None:
        # aiortc's own buffer makes half pictures of what a busy machine loses
        buffer = install(ours, SessionClock())
        theirs.sender.replaceTrack(Passed(ours.receiver.track, lambda: self.mode, buffer))
        theirs.sender._send_keyframe = lambda: self._ask_key(ours)

    def _ask_key(self, ours: RTCRtpTransceiver) -> None:
        for source in ours.receiver.getSynchronizationSources():
            self._loop.create_task(ours.receiver._send_rtcp_pli(source.source))

    def close(self) -> None:
        for end in self._ends:
            asyncio.run_coroutine_threadsafe(end.close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


def _agree(ours: RTCRtpTransceiver, theirs: RTCRtpTransceiver) -> None:
    """One codec on both sides: frames are passed on as they are."""
    codecs = RTCRtpSender.getCapabilities("video").codecs
    wanted = [one for one in codecs if one.mimeType in {"video/H264", "video/rtx"}]
    for side in (ours, theirs):
        side.setCodecPreferences(wanted)


def _join(theirs: Any, own: Any) -> None:
    """Let two data channels speak to each other; what is said before both are open waits."""
    early: list[str] = []

    def up(message: str) -> None:
        if own.readyState == "open":
            own.send(message)
        else:
            early.append(message)

    theirs.on("message", up)
    own.on("message", lambda message: theirs.readyState == "open" and theirs.send(message))
    own.on("open", lambda: [own.send(message) for message in early])
