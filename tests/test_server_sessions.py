"""Sessions over HTTP: begun, driven, followed, refused when the machine is full, and ended."""

import asyncio
import json
import re
from dataclasses import replace
from typing import Any

import httpx
import pytest
from hosting import QUICK, MadeEngine, MadeSession, chosen, hosted, run, served
from test_server_uploads import drawn

from bonaface.errors import RequestRefused
from bonaface.server.admission import MOST, Admission, Load, count_cores
from bonaface.server.tokens import TokenBook
from bonaface.stream.events import Interrupted
from bonaface.stream.figures import Figures

pytestmark = pytest.mark.usefixtures("granted_home")
SIZE = (512, 512)


def test_a_session_from_begin_to_end() -> None:
    async def work() -> None:
        async with hosted() as here:
            made = await here.begin(drive="voice", voice="male", manner="calm", rate=30)
            session = here.engine.sessions[0]
            assert session.modes == ["voice"]
            path = f"/api/sessions/{made['id']}"
            assert made["boot"] == (await here.client.get("/api/settings")).json()["boot"]
            assert (await here.client.get("/api/sessions")).json()["sessions"][0]["id"] == made[
                "id"
            ]
            said = await here.client.post(f"{path}/say", json={"text": "Good morning."})
            assert said.status_code == 202
            assert session.said == ["Good morning."]
            await asyncio.sleep(0)
            assert (await here.client.get(path)).json()["state"] == "speaking"
            assert (await here.client.post(f"{path}/interrupt")).status_code == 204
            changed = await here.client.patch(path, json={"drive": "text", "background": "blur"})
            assert changed.json()["drive"] == "text"
            assert changed.json()["background"] == "blur"
            assert session.placed == [("blur", None)]
            assert (await here.client.delete(path)).status_code == 204
            gone = await here.client.get(path)
            assert gone.status_code == 404
            assert "restarted" in gone.json()["remedy"]
            assert len(here.host.registry) == 0

    run(work())


def test_a_picture_behind_the_face() -> None:
    async def work() -> None:
        async with hosted() as here:
            path = f"/api/sessions/{(await here.begin())['id']}/background"
            put = await here.client.put(path, content=drawn("JPEG"))
            assert put.status_code == 204
            kind, picture = here.engine.sessions[0].placed[0]
            assert kind == "picture"
            assert picture is not None
            assert picture.pixels.shape == (60, 80, 3)
            assert (await here.client.put(path, content=b"GIF89a")).status_code == 415

    run(work())


@pytest.mark.parametrize(
    ("wish", "status"),
    [
        ({"size": [64, 64]}, 422),
        ({"size": [4000, 4000]}, 422),
        ({"size": [513, 512]}, 422),
        ({"size": "big"}, 422),
        ({"rate": 120}, 422),
        ({"rate": -1}, 422),
        ({"voice": "nobody"}, 422),
        ({"voice": "x" * 1000}, 413),
        ({"voice": "/home/somebody/voice.onnx"}, 422),
        ({"manner": "rude"}, 422),
        ({"mind": "nobody"}, 422),
        ({"drive": "telepathy"}, 422),
        ({"purpose": "advertising"}, 403),
        ({"unknown": 1}, 422),
        ({"likeness": "0000000000000000"}, 404),
    ],
)
def test_impossible_wishes(wish: dict[str, Any], status: int) -> None:
    async def work() -> None:
        async with hosted() as here:
            asked = {"likeness": await here.likeness()} | wish
            answer = await here.client.post("/api/sessions", json=asked)
            assert answer.status_code == status, answer.text
            assert answer.json()["error"]
            assert "x" * 200 not in answer.text
            await here.begin()  # and there is as much room as before

    run(work())


def test_nonsense_to_say() -> None:
    async def work() -> None:
        async with hosted() as here:
            say = (await here.begin())["links"]["say"]
            for body in (b"{", b"[]", b"null", b'{"text": 1}', b'{"text": ""}', b'{"text": " "}'):
                headers = {"Content-Type": "application/json"}
                answer = await here.client.post(say, content=body, headers=headers)
                assert answer.status_code == 422, body
            assert here.engine.sessions[0].said == []

    run(work())


def test_a_full_machine_says_so_and_when_to_come_back() -> None:
    async def work() -> None:
        async with hosted(chosen(replace(QUICK, sessions=2))) as here:
            first, second = await here.begin(), await here.begin(size=[256, 256])
            asked = {"likeness": await here.likeness()}
            full = await here.client.post("/api/sessions", json=asked)
            assert full.status_code == 503
            assert full.json()["reason"] == "sessions"
            assert int(full.headers["Retry-After"]) > 0
            health = await here.client.get("/healthz")
            assert health.status_code == 503
            assert "2 sessions" in health.json()["reasons"][0]
            assert (await here.client.get(f"/api/sessions/{first['id']}")).status_code == 200
            await here.client.delete(f"/api/sessions/{second['id']}")
            assert (await here.client.post("/api/sessions", json=asked)).status_code == 201

    run(work())


def measured(cores: float = 2.0) -> tuple[Admission, dict[str, float]]:
    """Admission whose clock and CPU time a test moves."""
    now = {"now": 0.0, "spent": 0.0}
    admission = Admission(32, cores, lambda: now["spent"], lambda: now["now"])
    return admission, now


def test_admission_fills_the_cores_and_no_more() -> None:
    admission, _ = measured()
    count = 0
    while admission.refusal(SIZE, 25) is None:
        admission.require_room(SIZE, 25)
        count += 1
    assert 4 <= count <= 32
    assert admission.room.busy <= MOST * 2
    with pytest.raises(RequestRefused) as refused:
        admission.require_room(SIZE, 25)
    assert (refused.value.status, refused.value.reason) == (503, "full")
    assert admission.refusal((128, 128), 15) is None  # a small one still fits
    admission.leave(SIZE, 25)
    assert admission.refusal(SIZE, 25) is None


def test_admission_learns_what_a_picture_costs() -> None:
    """A machine half as fast as was guessed takes half as many."""
    admission, now = measured()
    guessed = admission.cost(SIZE, 25)
    admission.require_room(SIZE, 25)
    for _ in range(120):
        now["now"] += 1
        now["spent"] += 2 * guessed
        admission.observe([Load(SIZE, 25, 100, 0)])
    assert admission.cost(SIZE, 25) == pytest.approx(2 * guessed, rel=0.1)
    assert admission.room.busy == pytest.approx(2 * guessed, rel=0.1)


def test_admission_stops_when_pictures_are_late() -> None:
    admission, now = measured(64)
    admission.require_room(SIZE, 25)
    for second in range(5):
        now["now"] += 1
        admission.observe([Load(SIZE, 25, 25 * second, 2 * second)])
    refusal = admission.refusal(SIZE, 25)
    assert refusal is not None
    assert refusal.reason == "late"
    for _ in range(12):
        now["now"] += 1
        admission.observe([Load(SIZE, 25, 1000, 8)])
    assert admission.refusal(SIZE, 25) is None


def test_the_first_session_is_never_refused_for_cost() -> None:
    admission, _ = measured(0.1)
    assert admission.refusal((1280, 1280), 30) is None
    assert 0 < count_cores() <= 4096


def test_sessions_that_nobody_wants_end() -> None:
    async def work() -> None:
        limits = replace(QUICK, linger=0.05, idle=1000)
        async with hosted(chosen(limits)) as here:
            lone = here.host.registry.find((await here.begin())["id"])
            linked = here.host.registry.find((await here.begin())["id"])
            with here.host.registry.link(linked):
                await asyncio.sleep(0.1)
                here.host.registry.look()
                await asyncio.sleep(0.05)
                assert [one.id for one in here.host.registry] == [linked.id]
            assert lone.task is not None
            assert lone.task.done()
            here.host.registry.look()  # half a minute begins anew when the last one leaves
            assert len(here.host.registry) == 1
            await asyncio.sleep(0.1)
            here.host.registry.look()
            await asyncio.sleep(0.05)
            assert len(here.host.registry) == 0

    run(work())


def test_idle_sessions_end_though_somebody_watches() -> None:
    async def work() -> None:
        async with hosted(chosen(replace(QUICK, idle=0.05))) as here:
            idle = here.host.registry.find((await here.begin())["id"])
            driven = here.host.registry.find((await here.begin(drive="face"))["id"])
            with here.host.registry.link(idle), here.host.registry.link(driven):
                await asyncio.sleep(0.1)
                here.host.registry.look()
                await asyncio.sleep(0.05)
                assert [one.id for one in here.host.registry] == [driven.id]

    run(work())


def test_a_session_that_breaks_gives_its_room_back(monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(_: MadeSession) -> None:
        raise RuntimeError("on purpose")

    async def work() -> None:
        monkeypatch.setattr(MadeSession, "run", broken)
        async with hosted(chosen(replace(QUICK, sessions=1))) as here:
            await here.begin()
            await asyncio.sleep(0.01)
            assert len(here.host.registry) == 0
            await here.begin()

    run(work())


def test_a_session_that_cannot_be_made_gives_its_room_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object) -> None:
        raise RequestRefused(422, "Not today.", "Come back.")

    async def work() -> None:
        async with hosted(chosen(replace(QUICK, sessions=1))) as here:
            asked = {"likeness": await here.likeness()}
            with monkeypatch.context() as patch:
                patch.setattr(MadeEngine, "open", refuse)
                assert (await here.client.post("/api/sessions", json=asked)).status_code == 422
            await here.begin()

    run(work())


def test_callers_find_their_own_sessions_only() -> None:
    async def work() -> None:
        settings = chosen(host="0.0.0.0")  # noqa: S104
        book = TokenBook(settings.tokens)
        ada, bob, root = (
            {"Authorization": f"Bearer {book.make(name, [scope])}"}
            for name, scope in (("ada", "make"), ("bob", "make"), ("root", "admin"))
        )
        async with hosted(settings, **ada) as here:
            made = await here.begin()
            path = f"/api/sessions/{made['id']}"
            assert (await here.client.get(path)).status_code == 200
            assert (await here.client.get(path, headers=bob)).status_code == 404
            assert (await here.client.delete(path, headers=bob)).status_code == 404
            assert (await here.client.get(path, headers=root)).status_code == 200
            theirs = (await here.client.get("/api/sessions", headers=bob)).json()
            assert theirs == {"sessions": []}

    run(work())


async def events(client: httpx.AsyncClient, path: str, most: int) -> list[dict[str, Any]]:
    """Read server-sent events until there are `most`, or the stream ends."""
    found: list[dict[str, Any]] = []
    async with client.stream("GET", path) as answer:
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        async for line in answer.aiter_lines():
            if line.startswith("data: "):
                found.append(json.loads(line[6:]))
            if len(found) == most:
                break
    return found


def test_events_are_told_as_they_come() -> None:
    async def work() -> None:
        async with served() as here:
            made = await here.begin()
            reading = asyncio.create_task(events(here.client, made["links"]["events"], 100))
            await asyncio.sleep(0.2)
            await here.client.post(made["links"]["say"], json={"text": "Hello."})
            here.engine.sessions[0].board.post(Figures(seconds=1.0))
            here.engine.sessions[0].board.post(Interrupted("Hel", "lo."))
            await asyncio.sleep(0.1)
            await here.client.delete(f"/api/sessions/{made['id']}")
            found = await reading
            kinds = [event["type"] for event in found]
            assert kinds[:2] == ["hello", "state"]
            assert found[0]["boot"] == made["boot"]
            assert {"caption", "figures", "interrupted"} < set(kinds)
            assert kinds[-1] == "notice"
            caption = next(event for event in found if event["type"] == "caption")
            assert (caption["text"], caption["speaker"], caption["until"]) == (
                "Hello.",
                "face",
                1000,
            )

    run(work())


def test_a_ticket_opens_events_and_nothing_else() -> None:
    async def work() -> None:
        settings = chosen(names=("faces.example",))
        token = TokenBook(settings.tokens).make("ada", ["make"])
        async with served(settings) as here:
            here.client.headers["Authorization"] = f"Bearer {token}"
            made, other = await here.begin(), await here.begin()
            given = await here.client.post(f"/api/sessions/{made['id']}/tickets")
            ticket = given.json()["ticket"]
            del here.client.headers["Authorization"]
            path = f"/api/sessions/{made['id']}"
            found = await events(here.client, f"{path}/events?ticket={ticket}", 2)
            assert len(found) == 2
            assert len(await events(here.client, made["links"]["events"], 2)) == 2
            wrong = await here.client.get(f"/api/sessions/{other['id']}/events?ticket={ticket}")
            assert wrong.status_code == 401
            assert (await here.client.get(f"{path}?ticket={ticket}")).status_code == 401
            assert (await here.client.post(f"{path}/say?ticket={ticket}")).status_code == 401

    run(work())


def test_a_follower_keeps_its_session_alive() -> None:
    async def work() -> None:
        async with served() as here:
            made = await here.begin()
            one = here.host.registry.find(made["id"])
            reading = asyncio.create_task(events(here.client, made["links"]["events"], 100))
            await asyncio.sleep(0.2)
            assert one.links == 1
            reading.cancel()
            await asyncio.sleep(0.3)
            here.engine.sessions[0].board.post(Figures())  # a write shows that the reader is gone
            await asyncio.sleep(0.2)
            assert one.links == 0

    run(work())


def test_metrics_count_what_runs_and_what_ended() -> None:
    async def work() -> None:
        async with hosted() as here:
            made, ended = await here.begin(), await here.begin()
            first, second = here.engine.sessions
            first.figures = Figures(
                pictures=100, late=3, dropped=2, first_sound=210.0, skew_p99=12.0,
                stages={"render": 4.0},
            )  # fmt: skip
            second.figures = Figures(pictures=50, first_sound=90.0)
            await asyncio.sleep(0.01)
            second.board.post(Interrupted("a", "b"))
            await asyncio.sleep(0.01)
            metrics = here.app.state.metrics
            metrics.sample()
            metrics.sample()
            await here.client.delete(f"/api/sessions/{ended['id']}")
            text = (await here.client.get("/metrics")).text
            assert _value(text, "bonaface_sessions") == 1
            assert _value(text, "bonaface_sessions_begun_total") == 2
            assert _value(text, "bonaface_pictures_total") == 150
            assert _value(text, "bonaface_late_total") == 3
            assert _value(text, "bonaface_dropped_total") == 2
            assert _value(text, "bonaface_interruptions_total") == 1
            assert _value(text, "bonaface_first_sound_seconds_count") == 2
            assert _value(text, 'bonaface_first_sound_seconds_bucket{le="0.1"}') == 1
            assert _value(text, "bonaface_av_skew_seconds_count") == 2
            assert _value(text, 'bonaface_stage_seconds_sum{stage="render"}') == 0.008
            assert _value(text, 'bonaface_http_answers_total{status="201"}') == 2
            assert made["id"] not in text

    run(work())


def _value(text: str, name: str) -> float:
    found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)
    assert found, name
    return float(found[1])


def test_health_names_what_is_missing() -> None:
    async def work() -> None:
        async with hosted() as here:
            well = await here.client.get("/healthz")
            assert (well.status_code, well.json()["ready"]) == (200, True)
            here.host.troubles["voice"] = "The model 'joe' is not on this machine."
            ill = await here.client.get("/healthz")
            assert ill.status_code == 503
            assert ill.json()["live"]
            assert ill.json()["reasons"] == ["The model 'joe' is not on this machine."]
            here.host.troubles.clear()
            here.host.missing.append("The model 'whisper' is not on this machine.")
            without = await here.client.get("/healthz")
            assert without.status_code == 200  # the rest works
            assert without.json()["missing"] == here.host.missing

    run(work())


def test_another_start_is_another_boot() -> None:
    async def work() -> None:
        async with hosted() as here:
            first = (await here.client.get("/api/settings")).json()["boot"]
            made = await here.begin()
        async with hosted() as here:
            assert (await here.client.get("/api/settings")).json()["boot"] != first
            assert (await here.client.get(f"/api/sessions/{made['id']}")).status_code == 404

    run(work())


def test_what_there_is_to_choose_from() -> None:
    async def work() -> None:
        async with hosted() as here:
            voices = (await here.client.get("/api/voices")).json()["voices"]
            assert voices[0]["name"] == "default"
            minds = (await here.client.get("/api/minds")).json()["minds"]
            assert minds == [{"name": "patient", "about": "A patient to interview"}]
            made = await here.begin(mind="patient", drive="mind")
            assert made["mind"] == "patient"

    run(work())
