"""Through real networks, or what they do: a relay (Janus), and a line that loses and delays.

All of it stays on this machine: Janus in a network namespace of its own, the rest on the loopback.
"""

import asyncio
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browser import envelope
from films import MARK_ID, film, later
from numpy.typing import NDArray
from peers import Client, play, stay_on_loopback, until
from test_broadcast import offset
from weather import Weather

from bonaface.core import SECOND
from bonaface.marks.marked import MarkedSound
from bonaface.marks.reading_key import sound_id
from bonaface.media.webrtc.peer import Peer
from bonaface.media.webrtc.reception import install
from bonaface.stream.clock import SessionClock

pytestmark = [pytest.mark.realtime, pytest.mark.filterwarnings("default::ResourceWarning")]
TURNS = 2  # times six seconds
NETWORK = """
set -e
ip link set lo up
ip link add va type veth peer name vb
ip addr add 10.77.0.1/24 dev va
ip link set va up
ip link set vb up
exec "$@"
"""


def in_a_network_of_its_own(*command: str) -> "subprocess.CompletedProcess[str]":
    """Run a program that sees no network but a new one, which goes when it ends."""
    for tool in ("janus", "ip", "unshare"):
        if shutil.which(tool) is None:
            pytest.skip(f"no {tool} here; on Debian: make tools")
    if os.geteuid() != 0 or subprocess.run(["unshare", "-n", "true"], check=False).returncode:
        pytest.skip("a network namespace takes root")
    return subprocess.run(
        ["unshare", "-n", "sh", "-c", NETWORK, "sh", *command],
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


def test_a_face_through_a_relay(tmp_path: Path) -> None:
    scene = str(Path(__file__).parent / "relay_scene.py")
    done = in_a_network_of_its_own(sys.executable, scene, str(tmp_path), str(TURNS))
    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["shown"] == 150 * TURNS
    assert told["pictures"] > 0.85 * told["shown"], told
    assert told["size"] == [512, 512, 3], "as large as it was made"
    assert told["seconds"] > 0.9 * 6 * TURNS
    assert told["alike"] > 0.9, "it is what was said"
    assert told["picture_mark"] == MARK_ID
    assert told["sound_mark"] == sound_id(MARK_ID)
    assert told["receipts"] >= 6 * TURNS
    assert told["missing"] == 0
    assert told["video_checked"] > 0.8 * told["shown"], "it came as it was signed for"
    assert told["audio_checked"] > 0.8 * 300 * TURNS
    # of what a busy machine loses, aiortc's own buffer makes half pictures
    assert told["video_strange"] < 0.02 * told["shown"], told
    assert told["audio_strange"] == 0, told


def test_a_line_that_loses_one_in_twenty_and_is_late(monkeypatch: pytest.MonkeyPatch) -> None:
    stay_on_loopback(monkeypatch)
    film()  # made before time counts

    async def go() -> dict[str, Any]:
        clock, weather = SessionClock(), Weather(delay=0.1, loss=0.05)
        await weather.open()
        peer, client = Peer(clock, (), None), Client(clock)
        client.offer_tracks()
        offer = weather.over(await client.offer(), answer=False)
        await client.accept(weather.over(await peer.answer(offer), answer=True))
        for transceiver in client.connection.getTransceivers():
            install(transceiver, clock)  # aiortc's own buffers lose five packets for each
        await until(lambda: peer.state == "connected", 20)
        begun = clock.now() + SECOND // 5
        for item in (later(one, begun) for one in film()):
            await clock.reach(item.at)
            if isinstance(item, MarkedSound):
                peer.hear(item)
        seen = await watch_numbers(clock, peer, client)
        told = judge(client, begun) | seen
        told["loss"] = weather.lost / weather.carried
        await peer.close()
        await client.close()
        weather.close()
        return told

    told = asyncio.run(go())
    assert 0.03 < told["loss"] < 0.07
    assert told["alike"] > 0.8, told
    assert told["missing"] < 0.12, told
    assert told["sound_late"] > 0.1, "it went the long way"
    assert told["pictures"] > 40, told
    assert told["last"] > 95, "it flows to the end"
    # before a player puts them together: both are dated by one clock (test_webrtc.py)
    assert abs(told["picture_late"] - told["sound_late"]) < 0.4, told


async def watch_numbers(clock: SessionClock, peer: Peer, client: Client) -> dict[str, Any]:
    """Five seconds of numbered pictures: how many came, and how late."""
    begun = clock.now()
    await play(clock, [peer], 5)
    await asyncio.sleep(0.6)
    numbers = client.numbers()
    lates = [
        (one.at - begun) / SECOND - number / 25
        for one, number in zip(client.pictures, numbers, strict=True)
    ]
    return {
        "pictures": len(set(numbers)),
        "last": max(numbers),
        "picture_late": float(np.median(lates)),
    }


def judge(client: Client, begun: int) -> dict[str, Any]:
    """How the voice came through: its envelope, what is missing, and how late it is."""
    heard, stamps = join(client)
    said = np.concatenate([one.samples for one in film() if isinstance(one, MarkedSound)])
    late = offset(heard[: len(said) + 96_000], said)
    part = heard[max(0, late) :][: len(said)]
    count = min(len(part), len(said)) // 960 * 960
    # syllables and what is faster, up to 16 Hz: what speech is understood by
    one, other = (
        np.convolve(envelope(sound[:count]), np.ones(3) / 3, "same") for sound in (part, said)
    )
    first = max(0, late) // 960
    came = [i for i in range(first, first + 250) if i in stamps]
    waits = [stamps[i] - begun - (i * 960 - late) * SECOND // 48_000 for i in came]
    return {
        "alike": float(np.corrcoef(one, other)[0, 1]),
        "missing": 1 - len(came) / 250,
        "sound_late": float(np.median(waits)) / SECOND,
    }


def join(client: Client) -> tuple[NDArray[np.float32], dict[int, int]]:
    """Sound by its own time, and when each 20 ms arrived. What is missing repeats what was before,
    as the plainest of players would.
    """
    begin = client.sounds[0].pts
    length = client.sounds[-1].pts - begin + 960
    whole, stamps = np.zeros(length, np.float32), dict[int, int]()
    for one in client.sounds:
        at = one.pts - begin
        whole[at : at + 960] = one.frame.to_ndarray().reshape(-1, 2)[:960, 0] / 32768
        stamps[at // 960] = one.at
    for i in range(1, length // 960):
        if i not in stamps:
            whole[i * 960 : (i + 1) * 960] = whole[(i - 1) * 960 : i * 960]
    return whole, stamps
