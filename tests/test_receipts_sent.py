"""Receipts beside real connections: what arrives at a peer is what the notary signed for."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from coded import note_coded
from hosting import chosen, hosted, run
from peers import Client, play, stay_on_loopback, until
from stage import make_cast
from test_server_peers import connected

from bonaface.marks.receipts.match import Arrived
from bonaface.marks.receipts.notary import Notary
from bonaface.marks.receipts.reader import ReceiptReader
from bonaface.marks.receipts.receipt import digest_frame
from bonaface.marks.receipts.tally import Tally
from bonaface.media.webrtc.feeds import Feeds
from bonaface.media.webrtc.peer import Peer
from bonaface.stream.clock import SessionClock

pytestmark = [pytest.mark.realtime, pytest.mark.filterwarnings("default::ResourceWarning")]


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


@pytest.mark.usefixtures("granted_home")
def test_receipts_come_on_the_channel_and_over_http(monkeypatch: pytest.MonkeyPatch) -> None:
    stay_on_loopback(monkeypatch)

    async def go() -> None:
        async with hosted() as here:
            made = await here.begin()
            async with (
                connected(here, made["links"]["peer"], "sendrecv") as (page, _),
                connected(here, made["links"]["whep"], "recvonly") as (viewer, _),
            ):
                await until(lambda: len(receipts(page)) >= 3 and len(receipts(viewer)) >= 3, 20)
                kinds = {json.loads(message)["type"] for message in viewer.messages}
                assert kinds == {"receipt"}, "a viewer is told nothing else"
                said = (await here.client.get(made["links"]["receipts"])).json()
                readers = [ReceiptReader(said["root"], said["session"]) for _ in range(3)]
                texts = [*said["keys"], *said["receipts"]], receipts(page), receipts(viewer)
                for reader, heard in zip(readers, texts, strict=True):
                    taken = [one for text in heard if (one := reader.take(text, ms()))]
                    assert taken
                    assert not any(one.missing for one in taken)
                    kinds = {track.kind for track, _ in taken[-1].receipt.sent}
                    assert kinds == {"audio", "video"}
                    assert reader.key is not None
                    (running,) = here.host.registry
                    assert reader.key.naming.consent.record == running.leave.record_id
                last = taken[-1].receipt.number
                later = await here.client.get(f"{made['links']['receipts']}?after={last}")
                assert len(later.json()["receipts"]) <= 2

    run(go())


@pytest.mark.usefixtures("granted_home")
def test_receipts_are_for_those_who_may_watch() -> None:
    async def go() -> None:
        async with hosted(chosen(names=("faces.example",))) as here:
            path = "/api/sessions/unknown/receipts"
            assert (await here.client.get(path)).status_code == 401
        async with hosted() as here:
            made = await here.begin()
            said = (await here.client.get(made["links"]["receipts"])).json()
            assert said["receipts"] == [], "nobody watches, so nothing is signed"
            assert (await here.client.get("/api/sessions/unknown/receipts")).status_code == 404

    run(go())


def receipts(client: Client) -> list[str]:
    """What came on a client's data channel."""
    events = (json.loads(message) for message in client.messages)
    return [event["jws"] for event in events if event["type"] == "receipt"]
