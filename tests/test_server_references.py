"""A file is compared with somebody enrolled, over HTTP."""

from pathlib import Path

import pytest
from hosting import hosted, run
from test_reference import NOW, agree, made
from test_server_checks import finish
from test_server_uploads import drawn

from bonaface.consent.records import ConsentRecord, revoke
from bonaface.core import Picture
from bonaface.errors import RequestRefused
from bonaface.forensics.reference.file import save_reference
from bonaface.server import enrolled
from bonaface.server.enrolled import References

pytestmark = pytest.mark.usefixtures("home")


@pytest.fixture
def record(photo: Picture) -> ConsentRecord:
    return agree(photo)


@pytest.fixture
def data(record: ConsentRecord, tmp_path: Path) -> bytes:
    save_reference(made(record), tmp_path / "ada.reference")
    return (tmp_path / "ada.reference").read_bytes()


def test_a_check_compares_with_who_was_sent(data: bytes) -> None:
    async def work() -> None:
        async with hosted() as here:
            sent = await here.client.post("/api/references", content=data)
            assert sent.status_code == 201, sent.text
            known = sent.json()["id"]
            said = await finish(here, drawn(size=(400, 300)), reference=known)
            names = {one["inspector"] for one in said["result"]["findings"]}
            assert {"reference-face", "reference-voice"} <= names
            gone = await here.client.delete(f"/api/references/{known}")
            assert gone.status_code == 204
            lost = await here.client.post(f"/api/checks?reference={known}", content=b"x")
            assert lost.status_code == 404

    run(work())


def test_what_is_none_or_was_taken_back_is_refused(record: ConsentRecord, data: bytes) -> None:
    async def work() -> None:
        async with hosted() as here:
            wrong = await here.client.post("/api/references", content=b"{}")
            assert (wrong.status_code, wrong.json()["reason"]) == (400, "invalid")
            known = (await here.client.post("/api/references", content=data)).json()["id"]
            revoke(record, NOW)
            late = await here.client.post("/api/references", content=data)
            assert late.status_code == 403
            said = await finish(here, drawn(size=(400, 300)), reference=known)
            assert said["state"] == "failed"
            assert "revoked" in said["problem"]["error"]

    run(work())


def test_a_reference_is_its_senders_alone_and_for_an_hour(
    data: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    kept = References(lambda: now[0])
    mine = kept.add("ada", data)
    assert kept.find(mine, "ada") == data
    with pytest.raises(RequestRefused):
        kept.find(mine, "bob")
    now[0] = enrolled.KEPT + 1
    with pytest.raises(RequestRefused):
        kept.find(mine, "ada")
    monkeypatch.setattr(enrolled, "MOST", 2)
    ids = [kept.add("ada", data) for _ in range(3)]
    with pytest.raises(RequestRefused):
        kept.find(ids[0], "ada")
    assert kept.find(ids[2], "ada") == data
