import asyncio
import gc
import os
import re
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import av
import numpy as np
import pytest
from aiortc.rtp import RtcpSrPacket
from numpy.typing import NDArray
from peers import (
    STEP,
    Client,
    Ear,
    made_picture,
    made_sound,
    paint_number,
    play,
    read_number,
    stay_on_loopback,
    until,
)

from bonaface.core import SECOND, Picture, Sound, Time
from bonaface.errors import Unmarked, UnreadableMedia
from bonaface.marks.marked import seal_sound
from bonaface.media.webrtc.feeds import Feeds
from bonaface.media.webrtc.inward import Stamp
from bonaface.media.webrtc.link import Link
from bonaface.media.webrtc.offer import read_fragment, read_offer
from bonaface.media.webrtc.outward import Outlet
from bonaface.media.webrtc.peer import Peer
from bonaface.media.webrtc.rate import LADDER
from bonaface.media.webrtc.reception import install
from bonaface.stream.clock import ManualClock, SessionClock

pytestmark = [pytest.mark.realtime, pytest.mark.filterwarnings("default::ResourceWarning")]


@pytest.fixture(autouse=True)
def loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    stay_on_loopback(monkeypatch)


def live(test: Callable[[SessionClock], Awaitable[None]]) -> None:
    """Run a test on a loop of its own; nothing it began may be left when it ends."""

    async def go() -> set[Any]:
        try:
            await test(SessionClock())
        except BaseException:
            await close_all()
            raise
        await asyncio.sleep(0.05)
        return asyncio.all_tasks() - {asyncio.current_task()}

    assert not asyncio.run(go())


async def close_all() -> None:
    """After a failure: aiortc's threads would keep the process alive."""
    left = [one for one in gc.get_objects() if isinstance(one, Peer | Client)]
    await asyncio.gather(*(one.close() for one in left), return_exceptions=True)


@pytest.mark.parametrize("codec", ["H264", "VP8"])
def test_numbered_pictures_and_a_tone_arrive(codec: str) -> None:
    async def go(clock: SessionClock) -> None:
        peer, client = Peer(clock, (), None), Client(clock, codec=codec)
        await client.call(peer)
        await until(lambda: peer.state == "connected")
        await play(clock, [peer], 3)
        await asyncio.sleep(0.3)
        assert peer.figures.codec == codec
        assert peer.figures.sound_lost == 0
        numbers = client.numbers()
        assert numbers == sorted(set(numbers)), "in order, none twice"
        assert len(numbers) > 50, f"of 75 on a busy machine: {len(numbers)}"
        heard = np.concatenate([one.frame.to_ndarray().reshape(-1, 2) for one in client.sounds])
        pure, rest = share_of_tone(heard[4800:48_000, 0] / 32768)
        assert pure > 0.18, "as loud as it was sent"
        assert rest < 0.1 * pure
        await peer.close()
        await client.close()

    live(go)


def share_of_tone(samples: NDArray[Any]) -> tuple[float, float]:
    """How much of a sound is 440 Hz, and how much is not (root mean squares)."""
    lines = np.abs(np.fft.rfft(samples * np.hanning(len(samples)))) ** 2
    near = np.abs(np.fft.rfftfreq(len(samples), 1 / 48_000) - 440) < 20
    whole = float(np.sqrt(np.mean(samples**2)))
    share = float(lines[near].sum() / lines.sum())
    return whole * share**0.5, whole * (1 - share) ** 0.5


def test_camera_microphone_and_messages_come_in() -> None:
    async def go(clock: SessionClock) -> None:
        ear = Ear()
        peer, client = Peer(clock, (), ear), Client(clock)
        client.channel.on("open", lambda: client.channel.send('{"type": "hello"}'))
        await client.call(peer, "sendrecv")
        await until(lambda: peer.state == "connected")
        begun = clock.now()
        await play(clock, [peer], 3)
        assert peer.send('{"type": "state"}')
        await until(lambda: len(client.messages) == 1)
        assert ear.messages == ['{"type": "hello"}']
        assert client.messages == ['{"type": "state"}']
        check_sounds(ear.sounds, begun)
        numbers = [read_number(one.pixels) for one in ear.pictures]
        assert len(numbers) > 40
        assert numbers == sorted(set(numbers))
        assert all(abs(one.at - begun) < 5 * SECOND for one in ear.pictures)
        await client.close()
        await until(lambda: peer.state == "closed")
        await peer.close()

    live(go)


def check_sounds(sounds: list[Sound], begun: Time) -> None:
    assert len(sounds) > 100
    ats = np.array([one.at for one in sounds])
    steps = np.diff(ats)
    assert np.mean(steps == STEP) > 0.9, "derived from counts, not from arrivals"
    assert abs(ats[0] - begun) < SECOND
    samples = np.concatenate([one.samples for one in sounds])
    assert samples.dtype == np.float32
    pure, rest = share_of_tone(samples[48_000:96_000])
    assert pure > 0.14, "aiortc makes stereo of it, 3 dB down"
    assert rest < 0.1 * pure


def test_sound_and_pictures_share_one_wall_clock() -> None:
    """A flash and a click made at one moment are dated the same by the sender reports."""

    async def go(clock: SessionClock) -> None:
        peer, client = Peer(clock, (), None), Client(clock)
        await client.call(peer)
        dated = {kind: Dates(client, kind) for kind in ("audio", "video")}
        await until(lambda: peer.state == "connected")
        begun = clock.now()
        for step in range(250):
            at = begun + step * STEP
            await clock.reach(at)
            click = np.full(960, 0.5 if step % 50 == 0 else 0.0, np.float32)
            peer.hear(seal_sound(Sound(at, click, 48_000), 1))
            if step % 2 == 0:
                peer.show(made_picture(at, 1 + (step // 2) % 25))
        await asyncio.sleep(0.2)
        flashes = [one.pts for one in client.pictures if number_of(one.frame) == 1]
        clicks = onsets(client.sounds)
        assert min(len(flashes), len(clicks)) >= 3
        seen = np.array([dated["video"].wall(pts) for pts in flashes[-3:]])
        heard = np.array([dated["audio"].wall(pts) for pts in clicks[-3:]])
        skew = (seen[:, None] - heard[None] + 0.5) % 1 - 0.5  # clicks are a second apart
        assert np.abs(skew).max() < 0.01, skew
        for dates in dated.values():
            assert np.ptp(dates.origins()) < 0.002, "no drift between reports"
        await peer.close()
        await client.close()

    live(go)


def number_of(frame: av.VideoFrame) -> int:
    return read_number(np.asarray(frame.to_ndarray(format="rgb24"), np.uint8))


def onsets(sounds: list[Any]) -> list[int]:
    """The times of clicks, in samples."""
    loud = [(one.pts, np.abs(one.frame.to_ndarray().reshape(-1, 2)[:, 0]) > 4000) for one in sounds]
    starts = [pts + int(above.argmax()) for pts, above in loud if above.any()]
    return [at for i, at in enumerate(starts) if i == 0 or at - starts[i - 1] > 4800]


class Dates:
    """Reads RTP times and sender reports of one track, as a receiver that synchronises would."""

    def __init__(self, client: Client, kind: str) -> None:
        self.rate = 48_000 if kind == "audio" else 90_000
        self.first: int | None = None
        self.reports: list[tuple[float, int]] = []
        receiver = client.receiver(kind)
        self._rtp, self._rtcp = receiver._handle_rtp_packet, receiver._handle_rtcp_packet
        receiver._handle_rtp_packet = self._note_packet
        receiver._handle_rtcp_packet = self._note_report

    async def _note_packet(self, packet: Any, arrival_time_ms: int) -> None:
        if self.first is None:
            self.first = packet.timestamp
        await self._rtp(packet, arrival_time_ms)

    async def _note_report(self, packet: Any) -> None:
        if isinstance(packet, RtcpSrPacket):
            info = packet.sender_info
            self.reports.append((info.ntp_timestamp / 2**32, info.rtp_timestamp))
        await self._rtcp(packet)

    def wall(self, pts: int) -> float:
        """Seconds on the sender's wall."""
        ntp, rtp = self.reports[-1]
        ahead = ((self.first or 0) + pts - rtp + 2**31) % 2**32 - 2**31
        return ntp + ahead / self.rate

    def origins(self) -> list[float]:
        first = self.reports[0][1]
        return [ntp - ((rtp - first) % 2**32) / self.rate for ntp, rtp in self.reports]


def test_a_key_picture_comes_when_asked_for_and_late_viewers_share_the_encoder() -> None:
    async def go(clock: SessionClock) -> None:
        feeds = Feeds()
        early, late = (Peer(clock, (), None, feeds=feeds) for _ in range(2))
        one, other = Client(clock), Client(clock)
        await one.call(early)
        await until(lambda: early.state == "connected")
        first = await play(clock, [early], 1.5)
        keys = count_keys(one)
        await one.ask_key()
        await other.call(late)
        await until(lambda: late.state == "connected")
        await play(clock, [early, late], 1.5, first)
        await asyncio.sleep(0.2)
        assert count_keys(one) > keys
        assert other.pictures[0].frame.key_frame
        assert len(other.pictures) > 20
        assert set(other.numbers()) <= set(range(first, first + 38))
        assert len(feeds.rates) == 1, "one encoder for both"
        await asyncio.gather(early.close(), late.close(), one.close(), other.close())

    live(go)


def test_a_viewer_changes_size_without_missing_a_picture() -> None:
    async def go(clock: SessionClock) -> None:
        peer, client = Peer(clock, (), None), Client(clock)
        await client.call(peer)
        await until(lambda: peer.state == "connected")
        first = await play(clock, [peer], 1)
        assert peer._viewing is not None
        peer._adaptation._move(clock.now(), 2)
        peer._viewing.follow(LADDER[2])
        last = await play(clock, [peer], 1.5, first)
        await asyncio.sleep(0.2)
        sizes = [one.frame.width for one in client.pictures]
        assert sizes == sorted(sizes, reverse=True)
        assert {256, 192} <= set(sizes)
        stamps = np.diff([one.pts for one in client.pictures])
        assert (stamps > 0).all()
        numbers = client.numbers()
        assert numbers == sorted(numbers)
        near = [n for n in numbers if first - 5 <= n < first + 15]
        assert len(set(near)) > 15
        assert numbers[-1] > last - 5
        await peer.close()
        await client.close()

    live(go)


def count_keys(client: Client) -> int:
    return sum(one.frame.key_frame for one in client.pictures)


def test_only_marked_things_leave() -> None:
    async def go(clock: SessionClock) -> None:
        peer = Peer(clock, (), None)
        with pytest.raises(Unmarked):
            peer.show(Picture(0, paint_number(1)))  # type: ignore[arg-type]
        with pytest.raises(Unmarked):
            peer.hear(Sound(0, np.zeros(960, np.float32), 48_000))  # type: ignore[arg-type]
        await peer.close()

    live(go)


def test_one_way_peers_agree_on_one_way() -> None:
    async def go(clock: SessionClock) -> None:
        ear = Ear()
        whip, whep = Peer(clock, (), ear, watch=False), Peer(clock, (), None)
        sender, viewer = Client(clock), Client(clock)
        sender.offer_tracks("sendonly")
        viewer.offer_tracks("recvonly")
        published = await whip.answer(await sender.offer())
        watched = await whep.answer(await viewer.offer())
        for answer, way in ((published, "recvonly"), (watched, "sendonly")):
            assert re.findall("a=(sendrecv|sendonly|recvonly|inactive)", answer) == [way, way]
            assert "a=group:BUNDLE 0 1 2" in answer
            assert answer.count("a=rtcp-mux") == 2
            assert "a=setup:active" in answer
        await asyncio.gather(whip.close(), whep.close(), sender.close(), viewer.close())

    live(go)


async def _offer(clock: SessionClock) -> str:
    client = Client(clock)
    client.offer_tracks("sendrecv")
    text = await client.offer()
    await client.close()
    return text


SPOILT: dict[str, Callable[[str], str]] = {
    "empty": lambda _: "",
    "binary": lambda _: "\x00\xff\x17" * 100,
    "a megabyte": lambda text: text + "a=x\r\n" * 200_000,
    "cut": lambda text: text[: len(text) // 3],
    "no sections": lambda text: text.partition("m=")[0],
    "100 sections": lambda text: text + 100 * ("m=" + text.split("m=")[1]),
    "no credentials": lambda text: re.sub("a=ice-ufrag.*\r\n", "", text),
    "no fingerprint": lambda text: re.sub("a=fingerprint.*\r\n", "", text),
    "old fingerprint": lambda text: re.sub("a=fingerprint:sha-\\d+", "a=fingerprint:md5", text),
    "no setup": lambda text: re.sub("a=setup.*\r\n", "", text),
    "no multiplexing": lambda text: text.replace("a=rtcp-mux\r\n", ""),
    "no names": lambda text: re.sub("a=mid.*\r\n", "", text),
    "no bundle": lambda text: re.sub("a=group.*\r\n", "", text),
    "unknown codecs": lambda text: re.sub("(H264|VP8)/90000", "AV9/90000", text),
    "a bare attribute": lambda text: text + "a=rtpmap\r\n",
    "a bad candidate": lambda text: text + "a=candidate:1 udp\r\n",
    "a strange number": lambda text: re.sub("m=video \\d+", "m=video -9", text),
    "a strange kind": lambda text: text.replace("m=application", "m=smell"),
}


@pytest.mark.parametrize("name", SPOILT)
def test_what_makes_no_sense_is_refused_with_a_sentence(name: str) -> None:
    async def go(clock: SessionClock) -> None:
        offer = SPOILT[name](await _offer(clock))
        peer = Peer(clock, (), Ear())
        with pytest.raises(UnreadableMedia, match=r"^[A-Z].*\."):
            await peer.answer(offer)
        assert peer.state == "closed"
        await peer.close()

    live(go)


def test_a_thousand_scrambled_offers_end_in_an_answer_or_a_sentence() -> None:
    async def go(clock: SessionClock) -> None:
        whole = await _offer(clock)
        draw = np.random.default_rng(5)
        for _ in range(1000):
            letters = list(whole)
            for place in draw.integers(0, len(letters), draw.integers(1, 40)):
                letters[place] = chr(int(draw.integers(1, 300)))
            with suppress(UnreadableMedia):
                read_offer("".join(letters))

    live(go)


@pytest.mark.parametrize(
    "text", ["", "a=ice-ufrag:x", "a=ice-ufrag:x\r\na=ice-pwd:y\r\na=candidate:1"]
)
def test_a_fragment_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(UnreadableMedia):
        read_fragment(text)


def test_candidates_may_come_later() -> None:
    async def go(clock: SessionClock) -> None:
        peer, client = Peer(clock, (), None), Client(clock)
        client.offer_tracks()
        offer = await client.offer()
        found = re.findall("a=(?:candidate|ice-ufrag|ice-pwd).*\r\n", offer.split("m=")[1])
        bare = re.sub("a=(candidate|end-of-candidates).*\r\n", "", offer)
        answer = await peer.answer(bare)
        again = await peer.add_candidates("m=audio 9 RTP/AVP 0\r\na=mid:0\r\n" + "".join(found))
        assert again is None
        await client.accept(answer)
        await until(lambda: peer.state == "connected")
        await peer.close()
        await client.close()

    live(go)


def test_who_never_connects_is_let_go() -> None:
    async def go() -> list[str]:
        clock, states = ManualClock(), list[str]()
        peer = Peer(clock, (), Ear(), tell=states.append)
        await peer.answer(await _offer(SessionClock()))
        await clock.advance(14 * SECOND)
        assert peer.state == "connecting"
        await clock.advance(2 * SECOND)
        await asyncio.sleep(0.1)
        return states

    assert asyncio.run(go()) == ["connecting", "closed"]


@pytest.mark.parametrize("way", ["offer", "fragment"])
def test_ice_begins_anew_under_a_living_call(way: str) -> None:
    async def go(clock: SessionClock) -> None:
        states: list[str] = []
        peer, client = Peer(clock, (), None, tell=states.append), Client(clock)
        await client.call(peer)
        link = Link(client.receiver("video").transport.transport, [], lambda _: None)
        await until(lambda: peer.state == "connected")
        first = await play(clock, [peer], 1)
        before, count = peer.ice_tag, len(client.pictures)
        await link.renew()
        if way == "offer":
            answer = await peer.answer(await client.offer())
            found = read_offer(answer)
            await client.accept(answer)
        else:
            found_text = await peer.add_candidates(link.describe())
            assert found_text is not None
            fragment = read_fragment(found_text)
            for candidate in (*fragment.candidates, None):
                await link.add(candidate)
        peer_side = found if way == "offer" else fragment
        link.reach(peer_side.ufrag, peer_side.password)
        assert peer.ice_tag != before
        await play(clock, [peer], 2, first)
        assert len(client.pictures) > count + 25
        assert states == ["connecting", "connected"], "the call goes on"
        await peer.close()
        await client.close()

    live(go)


def test_a_lost_connection_comes_back() -> None:
    async def go(clock: SessionClock) -> None:
        states: list[str] = []
        peer, client = Peer(clock, (), None, tell=states.append), Client(clock)
        await client.call(peer)
        link = Link(client.receiver("video").transport.transport, [], lambda _: None)
        await until(lambda: peer.state == "connected")
        first = await play(clock, [peer], 0.5)
        assert peer._call is not None
        assert peer._call._link is not None
        await peer._call._link._current.close()  # as when consent ran out
        await until(lambda: peer.state == "lost")
        await play(clock, [peer], 0.2)
        await link.renew()
        answer = await peer.answer(await client.offer())
        await client.accept(answer)
        link.reach(read_offer(answer).ufrag, read_offer(answer).password)
        await until(lambda: peer.state == "connected")
        count = len(client.pictures)
        await play(clock, [peer], 1.5, first)
        assert len(client.pictures) > count + 15
        assert states == ["connecting", "connected", "lost", "connected"]
        await peer.close()
        await client.close()

    live(go)


def test_a_network_that_loses_one_in_twenty() -> None:
    async def go(clock: SessionClock) -> None:
        peer, client = Peer(clock, (), None), Client(clock)
        await client.call(peer)
        await until(lambda: peer.state == "connected")
        for transceiver in client.connection.getTransceivers():
            buffer = install(transceiver, clock)  # aiortc's own stands still behind a hole
            client.buffer = buffer or client.buffer
        lose(peer, 20)
        await play(clock, [peer], 4)
        await asyncio.sleep(0.5)
        numbers = client.numbers()
        assert len(set(numbers)) > 50
        assert max(numbers) > 90, "it is still going at the end"
        assert peer._call is not None
        assert sum(report.lost for report in peer._call.reports.values()) > 0
        await peer.close()
        await client.close()

    live(go)


def lose(peer: Peer, one_in: int) -> None:
    """Drop media packets that a peer sends, by a fixed pattern."""
    assert peer._call is not None
    transport = peer._call._dtls().transport
    send, count = transport._send, 0

    async def lossy(data: bytes) -> None:
        nonlocal count
        count += data[0] > 127
        if count % one_in or data[0] <= 127:
            await send(data)

    transport._send = lossy


def test_who_never_reads_costs_nothing() -> None:
    async def go(clock: SessionClock) -> None:
        peer, client = Peer(clock, (), None), Client(clock)
        client.channel.on("open", lambda: client.channel.send("hello"))
        await client.call(peer)
        await until(lambda: peer.state == "connected")
        await until(lambda: peer.send("x"))
        assert client.receiver("video").transport._task.cancel()
        before = peer.figures.messages_dropped
        sent = sum(peer.send("y" * 10_000) for _ in range(500))
        assert 50 < sent < 150
        assert peer.figures.messages_dropped - before == 500 - sent
        await play(clock, [peer], 0.5)
        await peer.close()
        await client.close()

    live(go)


def test_sound_that_nobody_fetches_is_counted() -> None:
    async def go(clock: SessionClock) -> None:
        del clock
        from bonaface.media.webrtc.codecs import Encoded  # noqa: PLC0415

        outlet = Outlet("audio")
        kept = sum(outlet.put(Encoded(b"x", i, True)) for i in range(101))
        assert kept == 100
        assert outlet.lost == 100
        outlet.stop()

    live(go)


def test_stamps_are_smooth_and_begin_anew_after_a_gap() -> None:
    class Now(ManualClock):
        time: Time = 0

        def now(self) -> Time:
            return self.time

    clock = Now()
    stamp = Stamp(clock)
    clock.time = 7 * SECOND
    assert stamp.date(0) == 7 * SECOND
    clock.time += 60_000_000  # late by 40 ms: jitter
    assert stamp.date(STEP) == 7 * SECOND + STEP
    clock.time = 10 * SECOND  # the stream stood still
    assert stamp.date(2 * STEP) == 10 * SECOND
    clock.time += STEP
    assert stamp.date(3 * STEP) == 10 * SECOND + STEP


def test_two_hundred_calls_leave_nothing_behind() -> None:
    async def go(clock: SessionClock) -> None:
        await in_and_out(clock, 10)
        before = belongings()
        await in_and_out(clock, 190)
        after = belongings()
        assert after[:2] <= before[:2], "sockets, threads"
        assert after[2] - before[2] < 60_000, "kB of memory"

    live(go)


async def in_and_out(clock: SessionClock, count: int) -> None:
    for i in range(count):
        peer, client = Peer(clock, (), Ear()), Client(clock)
        client.offer_tracks("recvonly")
        answer = await peer.answer(await client.offer())
        if i % 2:
            await client.accept(answer)
            await until(lambda peer=peer: peer.state == "connected")  # type: ignore[misc]
            peer.hear(made_sound(clock.now()))
            peer.show(made_picture(clock.now(), i))
        await client.close()
        await peer.close()


def belongings() -> tuple[int, int, int]:
    gc.collect()
    with open("/proc/self/statm") as file:  # noqa: PTH123
        memory = int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024
    return len(os.listdir("/proc/self/fd")), threading.active_count(), memory  # noqa: PTH208
