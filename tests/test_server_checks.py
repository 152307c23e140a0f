"""Checks over HTTP: a file is taken, checked apart, answered, and forgotten."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hosting import Hosted, chosen, hosted, run
from test_server_uploads import drawn

from bonaface.server import checks
from bonaface.server.tokens import TokenBook

pytestmark = pytest.mark.usefixtures("home")
HOSTILE = "../../<img src=x onerror=alert(1)>.png"


async def finish(
    here: Hosted, body: bytes, name: str = "a.png", reference: str = ""
) -> dict[str, Any]:
    """Send a file, and wait for the end of its check."""
    asked = {"name": name, "reference": reference}
    sent = await here.client.post("/api/checks", params=asked, content=body)
    assert sent.status_code == 202, sent.text
    said: dict[str, Any] = sent.json()
    while said["state"] not in {"done", "failed"}:
        await asyncio.sleep(0.1)
        said = (await here.client.get(f"/api/checks/{said['id']}")).json()
    return said


def test_a_picture_is_checked_and_its_file_deleted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "taken"))
    (tmp_path / "taken").mkdir()

    async def work() -> None:
        async with hosted() as here:
            said = await finish(here, drawn(size=(400, 300)), HOSTILE)
            assert said["state"] == "done", said
            assert said["share"] == 1.0
            assert said["result"]["verdict"] in {"cannot-tell", "no-signs"}
            assert said["result"]["file"] == "<img src=x onerror=alert(1)>.png"
            page = await here.client.get(said["report"])
            assert page.headers["content-security-policy"].startswith("default-src 'none'")
            assert "script-src" not in page.headers["content-security-policy"]
            assert page.headers["x-frame-options"] == "SAMEORIGIN"
            assert "&lt;img src=x" in page.text
            assert "<img src=x" not in page.text
            assert not list((tmp_path / "taken").iterdir())
            gone = await here.client.delete(f"/api/checks/{said['id']}")
            assert gone.status_code == 204
            for path in (f"/api/checks/{said['id']}", said["report"]):
                assert (await here.client.get(path)).status_code == 404

    run(work())


def test_what_is_no_media_is_said_without_our_paths() -> None:
    async def work() -> None:
        async with hosted() as here:
            said = await finish(here, b"hello", "../..letter.png")
            assert said["state"] == "failed"
            assert said["report"] is None
            assert "letter.png" in said["problem"]["error"]
            assert tempfile.gettempdir() not in said["problem"]["error"]

    run(work())


def test_an_empty_body_and_wrong_keys_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    async def work() -> None:
        async with hosted() as here:
            assert (await here.client.post("/api/checks", content=b"")).status_code == 400
            job = checks.Job("an-id", "a-key", "owner", "a.png", state="done", page="<p>found</p>")
            here.host.checks._jobs[job.id] = job
            good = await here.client.get("/api/checks/an-id/report?key=a-key")
            assert good.text == "<p>found</p>"
            for key in ("b-key", "", "ä"):
                wrong = await here.client.get("/api/checks/an-id/report", params={"key": key})
                assert wrong.status_code == 404
            job.ended = 1.0
            monkeypatch.setattr("bonaface.server.checks.time.monotonic", lambda: 3602.0)
            assert (await here.client.get("/api/checks/an-id")).status_code == 404

    run(work())


def test_too_many_and_too_much_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "LARGEST", 1000)

    async def parts() -> AsyncIterator[bytes]:
        for _ in range(4):
            yield b"x" * 400

    async def work() -> None:
        async with hosted() as here:
            large = await here.client.post("/api/checks", content=parts())
            assert large.status_code == 413
            for i in range(checks.MOST):
                here.host.checks._jobs[str(i)] = checks.Job(str(i), "k", "owner", "a")
            full = await here.client.post("/api/checks", content=b"x")
            assert full.status_code == 503
            assert "retry-after" in full.headers
            here.host.checks._jobs.clear()

    run(work())


def test_checks_belong_to_who_began_them() -> None:
    asked = chosen(names=("faces.example",))

    async def work() -> None:
        book = TokenBook(asked.tokens)
        one, other = (book.make(name, ["check"]) for name in ("one", "other"))
        maker = book.make("maker", ["make"])
        async with hosted(asked, host="faces.example") as here:

            async def get(token: str) -> httpx.Response:
                bearer = {"Authorization": f"Bearer {token}"}
                return await here.client.get("/api/checks/an-id", headers=bearer)

            here.host.checks._jobs["an-id"] = checks.Job("an-id", "k", "one", "a.png")
            assert (await here.client.post("/api/checks", content=b"x")).status_code == 401
            assert [(await get(who)).status_code for who in (one, other, maker)] == [200, 404, 403]
            here.host.checks._jobs.clear()

    run(work())


def test_a_check_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    async def hang(*_: object) -> None:
        await asyncio.sleep(60)

    monkeypatch.setattr(checks.Checks, "_follow", hang)

    async def work() -> None:
        async with hosted() as here:
            here.host.checks._wall = 0.05
            said = await finish(here, b"x")
            assert said["problem"]["error"] == checks.SLOW[0]

    run(work())
