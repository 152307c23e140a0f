"""WHIP, WHEP and the page's peer over HTTP, with aiortc as the other side."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiortc import RTCSessionDescription
from hosting import QUICK, Hosted, chosen, hosted, run
from peers import Client, stay_on_loopback

from bonaface.errors import SettingsError
from bonaface.server import engine, telemetry
from bonaface.server.run import bind, prepare
from bonaface.server.settings import IceServer
from bonaface.stream.clock import SessionClock

pytestmark = pytest.mark.usefixtures("granted_home")
SDP = {"Content-Type": "application/sdp"}
FRAGMENT = {"Content-Type": "application/trickle-ice-sdpfrag"}


@pytest.fixture(autouse=True)
def _loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    stay_on_loopback(monkeypatch)


async def until(true: Any, seconds: float = 15) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110  what is waited for is on the other side
            await asyncio.sleep(0.02)


@asynccontextmanager
async def connected(
    here: Hosted, path: str, way: str
) -> AsyncIterator[tuple[Client, httpx.Response]]:
    """A client whose offer was answered."""
    client = Client(SessionClock())
    client.offer_tracks(way)
    try:
        answer = await here.client.post(path, content=await client.offer(), headers=SDP)
        assert answer.status_code == 201, answer.text
        await client.connection.setRemoteDescription(RTCSessionDescription(answer.text, "answer"))
        await until(lambda: client.connection.connectionState == "connected")
        yield client, answer
    finally:
        await client.close()


def fragment_of(client: Client) -> str:
    """What a client trickles: its ICE credentials, and that no more candidates come."""
    wanted = ("a=ice-ufrag", "a=ice-pwd", "m=audio", "a=mid")
    lines = client.connection.localDescription.sdp.splitlines()
    first = {line.split(":")[0].split(" ")[0]: line for line in reversed(lines)}
    return "\r\n".join([*(first[name] for name in wanted), "a=end-of-candidates", ""])


def test_the_page_talks_and_watches() -> None:
    async def work() -> None:
        async with hosted() as here:
            made = await here.begin()
            session = here.engine.sessions[0]
            async with connected(here, made["links"]["peer"], "sendrecv") as (client, answer):
                assert answer.headers["Content-Type"] == "application/sdp"
                assert answer.headers["Location"].startswith(made["links"]["peer"] + "/")
                assert answer.headers["ETag"].startswith('"')
                await until(lambda: client.channel.readyState == "open")
                client.channel.send(json.dumps({"type": "hello"}))
                client.channel.send(json.dumps({"type": "say", "text": "Good morning."}))
                client.channel.send(json.dumps({"type": "ask", "text": "Who is there?"}))
                client.channel.send(json.dumps({"type": "drive", "mode": "face"}))
                drive = {"type": "drive", "mode": "voice", "own_voice": False}
                client.channel.send(json.dumps(drive))
                client.channel.send(json.dumps({"type": "background", "kind": "none"}))
                client.channel.send(json.dumps({"type": "interrupt"}))
                await until(
                    lambda: "interrupted" in {json.loads(m)["type"] for m in client.messages}
                )
                assert session.said == ["Good morning."]
                assert session.asked == ["Who is there?"]
                assert session.modes == ["text", "face", "voice"]
                assert not session.own_voice
                assert session.placed == [("none", None)]
                kinds = {json.loads(message)["type"] for message in client.messages}
                assert {"state", "caption", "interrupted"} <= kinds
                await until(lambda: session.heard and session.seen)
                assert not session.echoes
                await until(lambda: client.pictures and client.sounds)
                unsure = '{"type": "drive", "mode": "text", "own_voice": "perhaps"}'
                unknown = '{"type": "drive", "mode": "x"}'
                for nonsense in ("", "{", "[]", '{"type": 1}', unknown, unsure):
                    client.channel.send(nonsense or " ")
                client.channel.send(json.dumps({"type": "say", "text": "x" * 20_000}))
                await until(lambda: sum("refused" in message for message in client.messages) >= 7)
                assert (await here.client.delete(answer.headers["Location"])).status_code == 200
                await until(lambda: not session.exits)
            view = await here.client.get(f"/api/sessions/{made['id']}")
            assert view.json()["peers"] == 0
            assert view.json()["own_voice"] is False

    run(work())


def test_whip_in_and_whep_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "to_servers", lambda _: ())  # clients are told; nobody is asked

    async def work() -> None:
        ice = (IceServer(("stun:127.0.0.1:9",)),)
        async with hosted(chosen(ice=ice)) as here:
            made = await here.begin(drive="face")
            session = here.engine.sessions[0]
            async with (
                connected(here, made["links"]["whip"], "sendonly") as (_, sent),
                connected(here, made["links"]["whep"], "recvonly") as (viewer, watched),
            ):
                assert sent.headers["Link"] == '<stun:127.0.0.1:9>; rel="ice-server"'
                assert sent.headers["Location"].startswith(f"/whip/{made['id']}/")
                assert watched.headers["Location"].startswith(f"/whep/{made['id']}/")
                await until(lambda: session.heard and session.seen)
                assert session.echoes  # OBS takes no echo out
                await until(lambda: viewer.pictures and viewer.sounds)
                assert (await here.client.delete(sent.headers["Location"])).status_code == 200
                assert (await here.client.delete(sent.headers["Location"])).status_code == 404

    run(work())


def test_the_rules_of_rfc_9725() -> None:
    async def work() -> None:
        async with hosted() as here:
            made = await here.begin()
            for kind in ("whip", "whep"):
                path = made["links"][kind]
                asked = await here.client.options(path)
                assert (asked.status_code, asked.headers["Accept-Post"]) == (204, "application/sdp")
                for method in ("GET", "HEAD", "PUT"):
                    assert (await here.client.request(method, path)).status_code == 405
                wrong = await here.client.post(path, content=b"v=0", headers=FRAGMENT)
                assert wrong.status_code == 415
                for offer in (b"", b"hello", b"v=0\r\n", b"\xff\xfe", b"v=0\r\nm=audio"):
                    bad = await here.client.post(path, content=offer, headers=SDP)
                    assert bad.status_code == 400, offer
                    assert bad.json()["error"]
                large = await here.client.post(path, content=b"v=0" * 200_000, headers=SDP)
                assert large.status_code == 413
            async with connected(here, made["links"]["whip"], "sendonly") as (client, answer):
                await _patches(here, client, answer)
            nobody = await here.client.post("/whip/nobody", content=b"v=0", headers=SDP)
            assert nobody.status_code == 404

    run(work())


async def _patches(here: Hosted, client: Client, answer: httpx.Response) -> None:
    """Trickled candidates, section 4.3.2, and what is no such thing."""
    at, tag, sent = answer.headers["Location"], answer.headers["ETag"], fragment_of(client)

    async def patch(content: str, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await here.client.patch(at, content=content, headers=FRAGMENT | named)

    assert (await patch(sent)).status_code == 428
    assert (await patch(sent, If_Match='"other"')).status_code == 412
    assert (await patch(sent, If_Match=tag, Content_Type="text/plain")).status_code == 415
    assert (await patch("nonsense", If_Match=tag)).status_code == 400
    taken = await patch(sent, If_Match=tag)
    assert (taken.status_code, taken.content) == (204, b"")
    assert "ETag" not in taken.headers
    for method in ("GET", "HEAD", "POST", "PUT"):
        assert (await here.client.request(method, at)).status_code == 405
    missing = await here.client.patch(f"{at}x", content=sent, headers=FRAGMENT | {"If-Match": tag})
    assert missing.status_code == 404


def test_ice_can_be_begun_anew() -> None:
    """Section 4.3.3: other credentials and If-Match: * are answered with ours, and a new tag."""

    async def work() -> None:
        async with hosted() as here:
            made = await here.begin()
            async with connected(here, made["links"]["peer"], "sendrecv") as (client, answer):
                await until(lambda: client.channel.readyState == "open")
                lines = fragment_of(client).splitlines()
                anew = [
                    line if "ice-" not in line else line.split(":")[0] + ":" + "n" * 24
                    for line in lines
                ]
                restarted = await here.client.patch(
                    answer.headers["Location"],
                    content="\r\n".join(anew) + "\r\n",
                    headers=FRAGMENT | {"If-Match": "*"},
                )
                assert restarted.status_code == 200, restarted.text
                assert restarted.headers["ETag"] != answer.headers["ETag"]
                assert "a=ice-ufrag:" in restarted.text
                assert "a=ice-pwd:" in restarted.text

    run(work())


def test_a_session_takes_so_many_peers() -> None:
    async def work() -> None:
        async with hosted(chosen(replace(QUICK, peers=1))) as here:
            made = await here.begin()
            async with connected(here, made["links"]["whep"], "recvonly"):
                full = await here.client.post(made["links"]["whep"], content="v=0", headers=SDP)
                assert (full.status_code, full.json()["reason"]) == (503, "peers")
                assert full.headers["Retry-After"]

    run(work())


def test_peers_leave_with_their_session() -> None:
    async def work() -> None:
        async with hosted() as here:
            made = await here.begin()
            async with connected(here, made["links"]["whep"], "recvonly") as (client, answer):
                await until(lambda: client.pictures)
                assert here.host.registry.find(made["id"]).links == 1
                await here.client.delete(f"/api/sessions/{made['id']}")
                assert (await here.client.delete(answer.headers["Location"])).status_code == 404
                await until(lambda: client.connection.connectionState in {"closed", "failed"})

    run(work())


def test_a_taken_port_and_a_wrong_certificate(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(SettingsError, match="port") as refused:
            bind("127.0.0.1", other.getsockname()[1])
        assert "--port" in refused.value.remedy
    with pytest.raises(SettingsError, match="Cannot listen"):
        bind("203.0.113.7", 0)
    (tmp_path / "cert.pem").write_text("no certificate")
    with pytest.raises(SettingsError, match="certificate"):
        prepare(chosen(certificate=tmp_path / "cert.pem", key=tmp_path / "no"), lambda: None)


def test_spans_go_where_they_are_wanted() -> None:
    export = pytest.importorskip("opentelemetry.sdk.trace.export")
    memory = pytest.importorskip("opentelemetry.sdk.trace.export.in_memory_span_exporter")
    kept = memory.InMemorySpanExporter()
    telemetry.use(export.SimpleSpanProcessor(kept))
    try:
        with telemetry.span("session.begin", rate=25):
            pass
    finally:
        telemetry.stop()
    with telemetry.span("unseen"):
        pass
    (only,) = kept.get_finished_spans()
    assert only.name == "session.begin"
    assert only.attributes == {"rate": 25}
    assert not telemetry.start({})


@pytest.mark.realtime
def test_the_command_serves_and_stops(granted_home: Path) -> None:
    """`bonaface serve`, a session with a voice over HTTP, and Ctrl-C."""
    environment = os.environ | {"BONAFACE_HOME": str(granted_home)}
    command = [sys.executable, "-m", "bonaface", "serve", "--port", "0"]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        address = child.stdout.readline().strip()
        try:
            with httpx.Client(base_url=address, timeout=60) as client:
                _use(client)
        finally:
            child.send_signal(signal.SIGINT)
            _, said = child.communicate(timeout=20)
    assert child.returncode == 0, said
    assert "Traceback" not in said


def _use(client: httpx.Client) -> None:
    while not client.get("/healthz").json()["ready"]:
        pass
    likeness = client.get("/api/likenesses").json()["likenesses"][0]["id"]
    assert {one["name"] for one in client.get("/api/minds").json()["minds"]} >= {"patient"}
    asked = {"likeness": likeness, "mind": "patient", "drive": "text"}
    made = client.post("/api/sessions", json=asked).json()
    kinds: list[str] = []
    with client.stream("GET", made["links"]["events"]) as stream:
        assert client.post(made["links"]["say"], json={"text": "Good morning."}).status_code == 202
        for line in stream.iter_lines():
            if line.startswith("data: "):
                kinds.append(json.loads(line[6:])["type"])
            if "caption" in kinds and "figures" in kinds:
                break
    assert client.get("/").status_code == 200
