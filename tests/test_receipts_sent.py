"""Receipts beside real connections: what arrives at a peer is what the notary signed for."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from coded import note_coded
from peers import Client, play, stay_on_loopback, until
from stage import make_cast

from bonaface.marks.receipt import digest_frame
from bonaface.marks.receipt_match import Arrived
from bonaface.marks.receipt_notary import Notary
from bonaface.marks.receipt_reader import ReceiptReader
from bonaface.marks.receipt_tally import Tally
from bonaface.media.webrtc.feeds import Feeds
from bonaface.media.webrtc.peer import Peer
from bonaface.stream.clock import SessionClock

pytestmark = pytest.mark.filterwarnings("default::ResourceWarning")


def ms() -> int:
    return int(datetime.now(UTC).timestamp() * 1000)


@pytest.mark.parametrize("codec", ["H264", "VP8"])
@pytest.mark.usefixtures("home")
def test_a_peer_finds_what_it_got(codec: str, monkeypatch: pytest.MonkeyPatch) -> None:
    stay_on_loopback(monkeypatch)
    came: list[tuple[str, int, bytes, int]] = []
    note_coded(monkeypatch, lambda *what: came.append((*what, ms())))
    cast, _ = make_cast()

    async def go() -> Tally:
        clock, notary, tally = SessionClock(), Notary(cast.permit, 7), Tally()
        reader = ReceiptReader(notary.root, notary.naming.session)
        peer, client = Peer(clock, (), None, feeds=Feeds(notary)), Client(clock, codec=codec)
        await client.call(peer)
        await until(lambda: peer.state == "connected")
        for _ in range(3):
            await play(clock, [peer], 0.6)
            await asyncio.sleep(0.2)
            for name, rtp, data, at in came:
                kind: Any = "audio" if name == "OPUS" else "video"
                tally.arrive(Arrived(kind, rtp, digest_frame(name, data), at))
            came.clear()
            for text in notary.write(clock.now()):
                if taken := reader.take(text, ms()):
                    tally.take(taken, ms())
        await peer.close()
        await client.close()
        return tally

    tally = asyncio.run(go())
    video, audio = (tally.frames[kind].counts for kind in ("video", "audio"))
    assert video.checked > 20
    assert audio.checked > 60
    seal = tally.seal(ms())
    assert (seal.colour, seal.why) == ("green", "good")
    assert not tally.frames["video"]._pending
    assert not tally.frames["audio"]._pending
