"""Broadcasts over HTTP: HLS, recordings, RTMP; begun, fetched, ended, and whose they are."""

import asyncio
import re
import socket
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
from hosting import Hosted, chosen, hosted, run

from bonaface import weights
from bonaface.config import settings
from bonaface.marks.credentials.files import read_credentials
from bonaface.marks.live.follow import Follower
from bonaface.marks.signers import keys
from bonaface.media.files import look
from bonaface.server import broadcasts
from bonaface.server.recordings import RecordingStore
from bonaface.server.tokens import TokenBook

if TYPE_CHECKING:
    from bonaface.media.broadcast.hls import Hls

GUARDED: dict[str, Any] = {"host": "0.0.0.0"}  # noqa: S104
pytestmark = pytest.mark.usefixtures("granted_home")


async def get(here: Hosted, path: str, status: int = 200, **headers: str) -> Any:
    answer = await here.client.get(path, headers=headers)
    assert answer.status_code == status, (path, answer.status_code, answer.text[:300])
    return answer


def test_hls_begins_with_the_first_request_and_ends_with_the_session() -> None:
    async def work() -> None:
        async with hosted() as here:
            one = await here.begin()
            await get(here, f"/hls/{one['id']}/picture-0.m4s", 404)
            index = await get(here, one["links"]["hls"])
            assert index.headers["content-type"] == "application/vnd.apple.mpegurl"
            assert index.headers["cache-control"] == "no-store"
            assert "picture.m3u8\n" in index.text, "no ticket where none is needed"
            listed = (await get(here, f"/hls/{one['id']}/picture.m3u8")).text
            assert "ENDLIST" not in listed
            begin = await get(here, f"/hls/{one['id']}/picture-begin-0.mp4")
            segment = await get(here, f"/hls/{one['id']}/picture-0.m4s")
            assert begin.content[4:8] == b"ftyp"
            assert segment.content[4:8] == b"styp"
            assert segment.headers["content-type"] == "video/mp4"
            await get(here, f"/hls/{one['id']}/..%2Fetc", 404)
            await here.client.delete(f"/api/sessions/{one['id']}")
            await until(lambda: all(going.over.is_set() for going in here.host.broadcasts))
            assert "ENDLIST" in (await get(here, f"/hls/{one['id']}/picture.m3u8")).text
            assert not here.engine.sessions[0].exits

    run(work())


def test_the_player_page_and_whom_to_trust() -> None:
    async def work() -> None:
        async with hosted() as here:
            one = await here.begin()
            page = await get(here, one["links"]["watch"])
            assert page.headers["content-type"].startswith("text/html")
            assert "script-src 'self'" in page.headers["content-security-policy"]
            assert "?" not in one["links"]["watch"]
            trusted = await get(here, "/page/authority.pem")
            assert trusted.content == keys.root_certificate()

    run(work())


def test_hls_is_signed_and_follows_its_consent(tmp_path: Path) -> None:
    async def work() -> None:
        async with hosted() as here:
            one = await here.begin()
            await get(here, one["links"]["hls"])
            path = f"/hls/{one['id']}/picture"
            (tmp_path / "a.mp4").write_bytes((await get(here, f"{path}-begin-0.mp4")).content)
            said = read_credentials(tmp_path / "a.mp4")
            assert said.state == "trusted"
            assert said.said.marks[0][1] == f"{7:016x}", "the mark of the session"
            follower = Follower()
            follower.begin("begin", (tmp_path / "a.mp4").read_bytes())
            first = (await get(here, f"{path}-0.m4s")).content
            assert follower.follow("first", first).problem is None
            likeness = await here.likeness()
            answer = await here.client.post(f"/api/likenesses/{likeness}/revocation")
            assert answer.status_code == 204
            (going,) = here.host.broadcasts
            made = cast("Hls", going.made)
            await until(lambda: not made.ready)
            assert made.find("picture-0.m4s") is None
            answer = await here.client.delete(f"/api/sessions/{one['id']}")
            assert answer.status_code < 300

    run(work())


async def until(true: Any, seconds: float = 15) -> None:
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


def test_hls_that_nobody_fetches_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    async def work() -> None:
        async with hosted() as here:
            one = await here.begin()
            await get(here, one["links"]["hls"])
            monkeypatch.setattr(broadcasts, "UNWATCHED", 0.0)
            here.host.broadcasts.look()
            await until(lambda: not list(here.host.broadcasts))
            assert not here.engine.sessions[0].exits
            monkeypatch.setattr(broadcasts, "UNWATCHED", 60.0)
            await get(here, one["links"]["hls"])

    run(work())


def test_a_recording_is_made_signed_and_fetched() -> None:
    async def work() -> None:
        async with hosted() as here:
            one = await here.begin()
            at = one["links"]["recording"]
            await get(here, at, 404)
            answer = await here.client.post(at)
            assert answer.status_code == 201
            made = answer.json()
            assert answer.headers["Location"] == made["file"]
            assert (await here.client.post(at)).status_code == 409
            await asyncio.sleep(2)
            assert (await get(here, at)).json()["state"] == "live"
            await get(here, made["file"], 409)
            assert (await here.client.delete(made["file"])).status_code == 409
            assert (await here.client.delete(at)).status_code == 202
            await until(lambda: not list(here.host.broadcasts))
            whole = await get(here, made["file"])
            assert whole.headers["content-type"] == "video/mp4"
            part = await get(here, made["file"], 206, Range="bytes=4-7")
            assert part.content == b"ftyp"
            check_recording(whole.content)
            kept = (await get(here, "/api/recordings")).json()["recordings"]
            assert [(take["id"], take["ready"]) for take in kept] == [(made["id"], True)]
            assert (await here.client.delete(made["file"])).status_code == 204
            await get(here, made["file"], 404)
            assert not list((settings().home / "recordings").iterdir())

    run(work())


def test_a_consent_for_live_only_is_not_recorded() -> None:
    async def work() -> None:
        async with hosted() as here:
            portrait = weights.find("portrait-hopper").read_bytes()
            fields = {
                "subject": "Grace", "basis": "public-domain-historical", "purpose": "demo",
                "until": "2099-01-01", "agreed": "true", "contexts": "live",
            }  # fmt: skip
            added = await here.client.post(
                "/api/likenesses", files={"photo": ("a.jpg", portrait)}, data=fields
            )
            one = await here.begin(likeness=added.json()["id"])
            refused = await here.client.post(one["links"]["recording"])
            assert refused.status_code == 403
            assert "live, not recorded" in refused.json()["error"]
            assert (await get(here, "/api/recordings")).json()["recordings"] == []
            await get(here, one["links"]["hls"])  # to be watched is to be live
            seen = (await get(here, f"/api/sessions/{one['id']}")).json()
            assert seen["broadcasts"] == ["hls"]

    run(work())


def check_recording(data: bytes) -> None:
    path = settings().home / "fetched.mp4"
    path.write_bytes(data)
    assert read_credentials(path).state == "trusted"
    media = look(path)
    assert media.has_sound
    assert 1 < (media.seconds or 0) < 4


@pytest.mark.parametrize("how", ["session", "server"])
def test_what_is_recorded_is_signed_when_all_ends(how: str) -> None:
    async def work() -> None:
        async with hosted() as here:
            one = await here.begin()
            await here.client.post(one["links"]["recording"])
            await asyncio.sleep(1.5)
            if how == "session":
                await here.client.delete(f"/api/sessions/{one['id']}")
                await until(lambda: not list(here.host.broadcasts))

    run(work())
    (path,) = (settings().home / "recordings").glob("*.mp4")
    assert read_credentials(path).state == "trusted"


def test_a_recording_keeps_its_session(monkeypatch: pytest.MonkeyPatch) -> None:
    async def work() -> None:
        async with hosted() as here:
            one = await here.begin()
            running = here.host.registry.find(one["id"])
            await here.client.post(one["links"]["recording"])
            await asyncio.sleep(0)
            assert running.links == 1
            await here.client.delete(one["links"]["recording"])
            await until(lambda: running.links == 0)

    monkeypatch.setattr(broadcasts, "FINISH", 5.0)
    run(work())


def test_drafts_of_a_killed_server_are_removed(tmp_path: Path) -> None:
    place = tmp_path / "recordings"
    place.mkdir()
    for name in (".a-x.mp4", "b.json", "c.json", "c.mp4"):
        (place / name).write_text("{}")
    RecordingStore(place, 5).clean()
    assert sorted(path.name for path in place.iterdir()) == ["c.json", "c.mp4"]


def test_rtmp_is_tried_told_and_ended_without_the_key(caplog: pytest.LogCaptureFixture) -> None:
    async def work() -> None:
        async with hosted() as here:
            one = await here.begin()
            at = one["links"]["rtmp"]
            with socket.create_server(("127.0.0.1", 0)) as server:
                port = server.getsockname()[1]
            told: list[Any] = []
            following = asyncio.create_task(follow(here, told))
            for bad in ("http://example.org/app/s3cr3t", "rtmp://example.org", "file:///s3cr3t"):
                answer = await here.client.post(at, json={"url": bad})
                assert answer.status_code == 422
                assert "s3cr3t" not in answer.text
            url = f"rtmp://127.0.0.1:{port}/app/s3cr3t"
            assert (await here.client.post(at, json={"url": url})).status_code == 202
            assert (await here.client.post(at, json={"url": url})).status_code == 409
            await until(lambda: any(one.code == "rtmp-lost" for one in told))
            state = (await get(here, at)).json()
            assert state["state"] in {"lost", "connecting"}
            assert (await here.client.delete(at)).status_code == 202
            await until(lambda: not list(here.host.broadcasts))
            await get(here, at, 404)
            following.cancel()
            assert "s3cr3t" not in caplog.text + str(told) + str(state)

    run(work())


async def follow(here: Hosted, told: list[Any]) -> None:
    async for event in here.engine.sessions[0].follow():
        told.append(event)  # noqa: PERF401 read while it grows


def left_running() -> list[threading.Thread]:
    """Threads of broadcasts that do not end in ten seconds: the last segment may be written yet."""
    threads = [one for one in threading.enumerate() if one.name in {"rtmp", "recording", "hls"}]
    for one in threads:
        one.join(10)
    return [one for one in threads if one.is_alive()]


def test_players_get_in_with_a_ticket_and_strangers_do_not() -> None:
    async def work() -> None:
        asked = chosen(**GUARDED)
        book = TokenBook(asked.tokens)
        ada, bob = (
            {"Authorization": f"Bearer {book.make(name, ['make'])}"} for name in ("ada", "bob")
        )
        async with hosted(asked) as here:
            listed = await here.client.get("/api/likenesses", headers=ada)
            wish = {"likeness": listed.json()["likenesses"][0]["id"]}
            one = (await here.client.post("/api/sessions", json=wish, headers=ada)).json()
            at = f"/hls/{one['id']}/"
            await get(here, at + "index.m3u8", 401)
            await get(here, at + "index.m3u8", 404, Authorization=bob["Authorization"])
            await get(here, at + "index.m3u8?ticket=1.x", 401)
            assert one["links"]["watch"].partition("?")[2] == one["links"]["hls"].partition("?")[2]
            index = (await get(here, one["links"]["hls"])).text
            tracks = re.findall(r"(picture|sound)\.m3u8(\?ticket=\d+\.[\w-]+)", index)
            assert [name for name, _ in tracks] == ["sound", "picture"]
            query = tracks[0][1]
            assert int(query[8:].partition(".")[0]) > time.time() + 14_000, "as long as a session"
            listing = (await get(here, f"{at}picture.m3u8{query}")).text
            assert f"picture-0.m4s{query}\n" in listing
            await get(here, f"{at}picture-0.m4s{query}")
            await get(here, f"{at}picture-0.m4s", 401)
            made = (await here.client.post(one["links"]["recording"], headers=ada)).json()
            await asyncio.sleep(1)
            end = await here.client.delete(one["links"]["recording"], headers=ada)
            assert end.status_code == 202
            await until(lambda: here.host.broadcasts.by_name(made["id"]) is None)
            await get(here, made["file"])
            plain = made["file"].partition("?")[0]
            await get(here, plain, 401)
            await get(here, plain, 404, Authorization=bob["Authorization"])
            await get(here, plain, Authorization=ada["Authorization"])
            assert (await here.client.get("/api/recordings", headers=bob)).json() == {
                "recordings": []
            }
            answer = await here.client.post(f"/api/sessions/{one['id']}/camera", headers=ada)
            assert answer.status_code == 403
            near = {"url": "rtmp://127.0.0.1:9/app/key"}
            await here.client.post(one["links"]["rtmp"], json=near, headers=ada)
            await until(lambda: not any(one.kind == "rtmp" for one in here.host.broadcasts))

    run(work())
    assert not left_running()
