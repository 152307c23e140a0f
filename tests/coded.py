"""Coded frames as they arrive at aiortc, which shows only decoded ones."""

from collections.abc import Callable
from typing import Any

import aiortc.rtcrtpreceiver
import av
import pytest

Note = Callable[[str, int, bytes], None]  # codec, RTP time, data; called on a decoder's thread


class _Tap:
    """A decoder's queue that tells what goes through."""

    def __init__(self, queue: Any, note: Note) -> None:
        self._queue, self._note = queue, note

    def get(self) -> Any:
        task = self._queue.get()
        if task is not None:
            codec, frame = task
            self._note(codec.name.upper(), frame.timestamp % 2**32, frame.data)
        return task


def note_coded(patch: pytest.MonkeyPatch, note: Note) -> None:
    """Have each coded frame noted before it is decoded."""
    decode = aiortc.rtcrtpreceiver.decoder_worker

    def worker(loop: Any, queue: Any, *others: Any) -> None:
        decode(loop, _Tap(queue, note), *others)

    patch.setattr(aiortc.rtcrtpreceiver, "decoder_worker", worker)


class _Whole:
    """In a decoder's place: gives the coded frame itself."""

    def decode(self, frame: Any) -> "list[av.Packet[Any]]":
        packet = av.Packet(frame.data)
        packet.pts = frame.timestamp
        return [packet]


def keep_coded(patch: pytest.MonkeyPatch) -> None:
    """Have tracks give coded frames, as `av.Packet`, which senders take as they are."""
    patch.setattr(aiortc.rtcrtpreceiver, "get_decoder", lambda _: _Whole())
