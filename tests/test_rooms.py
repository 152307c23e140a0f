"""Rooms over HTTP: who may open, enter, look and close; and one caller by WebRTC."""

import asyncio
import json
from typing import Any

import pytest
from hosting import Hosted, chosen, hosted, run
from peers import Client, stay_on_loopback, until

from bonaface.server import rooms
from bonaface.server.tokens import TokenBook
from bonaface.stream.clock import SessionClock

pytestmark = pytest.mark.usefixtures("home")
SDP = {"Content-Type": "application/sdp"}


def key_of(room: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {room['invitation'].partition('#')[2]}"}


async def opened(here: Hosted, **headers: str) -> dict[str, Any]:
    answer = await here.client.post("/api/rooms?name=Service%20desk", headers=headers)
    assert answer.status_code == 201, answer.text
    room: dict[str, Any] = answer.json()
    return room


def test_only_the_invitation_lets_in_and_only_the_host_looks() -> None:
    async def work() -> None:
        book = TokenBook(chosen().tokens)
        ada, bob = book.make("ada", ["check"]), book.make("bob", ["check"])
        maker = book.make("maker", ["make"])
        async with hosted(chosen(host="0.0.0.0", names=("127.0.0.1",))) as here:  # noqa: S104
            assert (await here.client.post("/api/rooms")).status_code == 401
            refused = {"Authorization": f"Bearer {maker}"}
            assert (await here.client.post("/api/rooms", headers=refused)).status_code == 403
            mine, other = ({"Authorization": f"Bearer {one}"} for one in (ada, bob))
            room = await opened(here, **mine)
            at = f"/api/rooms/{room['id']}"
            invited = await here.client.get(f"{at}/invitation", headers=key_of(room))
            assert invited.json() == {"name": "Service desk", "ice_servers": []}
            for wrong in ({}, mine, {"Authorization": "Bearer x"}):
                answer = await here.client.get(f"{at}/invitation", headers=wrong)
                assert answer.status_code == 404
            for wrong, status in ((other, 404), (key_of(room), 401), ({}, 401)):
                assert (await here.client.get(at, headers=wrong)).status_code == status
                assert (await here.client.delete(at, headers=wrong)).status_code == status
            assert (await here.client.get(at, headers=mine)).json()["callers"] == []
            assert (await here.client.delete(at, headers=mine)).status_code == 204
            assert (await here.client.get(at, headers=mine)).status_code == 404
            again = await here.client.get(f"{at}/invitation", headers=key_of(room))
            assert again.status_code == 404

    run(work())


def test_what_is_no_offer_and_who_is_not_there_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rooms, "ROOMS", 1)

    async def work() -> None:
        async with hosted() as here:
            room = await opened(here)
            full = await here.client.post("/api/rooms")
            assert full.status_code == 503
            at = f"/api/rooms/{room['id']}/callers"
            headers = key_of(room)
            for body, kind, status in (("hello", SDP, 400), ("hello", {}, 415)):
                sent = await here.client.post(at, content=body, headers=headers | kind)
                assert sent.status_code == status
            for method, path in (
                ("POST", "nobody/challenge"),
                ("GET", "nobody/picture"),
                ("PUT", "nobody/reference"),
                ("DELETE", "nobody"),
            ):
                answer = await here.client.request(method, f"{at}/{path}", headers=headers)
                assert answer.status_code == 404, path
            monkeypatch.setattr(rooms, "CALLERS", 0)
            sent = await here.client.post(at, content="v=0", headers=headers | SDP)
            assert sent.status_code == 503
            monkeypatch.setattr(rooms, "LONELY", -1.0)
            await here.host.rooms.look()
            assert (await here.client.get(f"/api/rooms/{room['id']}")).status_code == 404

    run(work())


def test_a_caller_is_looked_at_asked_and_hung_up(monkeypatch: pytest.MonkeyPatch) -> None:
    stay_on_loopback(monkeypatch)

    async def work() -> None:
        async with hosted() as here:
            room = await opened(here)
            at, caller = f"/api/rooms/{room['id']}", Client(SessionClock())
            caller.offer_tracks("sendonly")
            answer = await here.client.post(
                f"{at}/callers?name=%20Ada%0A%3Cb%3E",
                content=await caller.offer(),
                headers=key_of(room) | SDP,
            )
            assert answer.status_code == 201, answer.text
            await caller.accept(answer.text)
            where = answer.headers["location"]
            await until(lambda: caller.channel.readyState == "open", 15)
            called = here.host.rooms._rooms[room["id"]].callers[where.rpartition("/")[2]]
            await until(lambda: called.standing.seen is not None, 15)
            seen = (await here.client.get(at)).json()["callers"][0]
            assert (seen["name"], seen["connected"], seen["faces"]) == ("Ada <b>", True, 0)
            assert seen["seal"]["word"] == "Not checked"
            picture = await here.client.get(f"{where}/picture")
            assert picture.content[:3] == b"\xff\xd8\xff"
            wrong = await here.client.put(f"{where}/reference", content=b"{}")
            assert (wrong.status_code, wrong.json()["error"][:4]) == (400, "This")
            await ask_and_decline(here, where, caller)
            await until(lambda: called.standing.seal.word == "Not checked: declined")
            gone = await here.client.delete(where, headers=key_of(room))
            assert gone.status_code == 204
            await asyncio.sleep(0)
            assert (await here.client.get(at)).json()["callers"] == []
            await caller.close()

    run(work())


async def ask_and_decline(here: Hosted, where: str, caller: Client) -> None:
    """The host asks; the caller agrees, sees the first challenge, and says no."""
    assert (await here.client.post(f"{where}/challenge")).status_code == 202
    await until(lambda: bool(caller.messages))
    assert json.loads(caller.messages[0]) == {"type": "asked"}
    caller.channel.send('{"type": "agree", "flashes": false, "speaks": false}')
    await until(lambda: len(caller.messages) == 2)
    assert json.loads(caller.messages[1])["type"] == "challenge"
    await asyncio.sleep(0.1)
    assert (await here.client.post(f"{where}/challenge")).status_code == 409
    caller.channel.send('{"type": "decline"}')
