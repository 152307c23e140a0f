"""The soft binding resolution API: asked as C2PA 2.4 says, and as nobody should."""

import base64
import io
import wave
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hosting import QUICK, chosen, hosted, run
from scenes import speak_scene

from bonaface.errors import KeysError
from bonaface.log import store
from bonaface.log.entry import Content
from bonaface.marks.archive import archive, jumbf
from bonaface.marks.sound.mark import SoundMark
from bonaface.server.settings import Limits

pytestmark = pytest.mark.usefixtures("granted_home")
API = "/c2pa/soft-bindings"
PICTURE, SOUND = archive.ALGORITHMS
ID = "00112233445566ff"
NAME = "urn:c2pa:58be8337-9e5e-4432-a02a-ea02c7ae344f"
GUARDED: dict[str, Any] = {"host": "0.0.0.0"}  # noqa: S104


def box(kind: bytes, body: bytes) -> bytes:
    return (len(body) + 8).to_bytes(4, "big") + kind + body


def superbox(label: str, *inside: bytes) -> bytes:
    description = box(b"jumd", bytes(16) + b"\x03" + label.encode() + b"\0")
    return box(b"jumb", description + b"".join(inside))


def keep(name: str = NAME, record: str = "") -> bytes:
    """Keep a store of two manifests, the second active; answers it."""
    whole = superbox("c2pa", superbox("urn:c2pa:ingredient"), superbox(name))
    content = Content(name, record, "d", body=whole)
    store.append("manifest", content, ((PICTURE, ID), (SOUND, ID[8:])))
    return whole


def encode(value: str) -> str:
    return base64.b64encode(value.encode()).decode()


def query(value: str = ID, alg: str = PICTURE, **more: str) -> dict[str, str]:
    return {"alg": alg, "value": encode(value)} | more


def test_a_mark_leads_to_its_manifest() -> None:
    kept = keep()

    async def work() -> None:
        async with hosted() as here:
            for value, alg in ((ID, PICTURE), (ID.upper(), PICTURE), (ID[8:], SOUND)):
                answer = await here.client.get(f"{API}/matches/byBinding", params=query(value, alg))
                assert answer.json() == {
                    "matches": [
                        {"manifestId": NAME, "similarityScore": 100, "org.bonaface.consent": "none"}
                    ]
                }
            posted = await here.client.post(f"{API}/matches/byBinding", json=query())
            assert posted.json()["matches"][0]["manifestId"] == NAME
            answer = await here.client.get(f"{API}/manifests/{NAME}")
            assert (answer.content, answer.headers["content-type"]) == (kept, "application/c2pa")
            active = await here.client.get(
                f"{API}/manifests/{NAME}", params={"returnActiveManifest": "true"}
            )
            assert jumbf.name_of(active.content) == NAME
            assert b"ingredient" in kept
            assert b"ingredient" not in active.content
            names = (await here.client.get(f"{API}/services/supportedAlgorithms")).json()
            assert names == {"watermarks": [{"alg": PICTURE}, {"alg": SOUND}], "fingerprints": []}

    run(work())


def test_unknown_and_erased_marks_have_no_match() -> None:
    keep()
    store.erase((store.find_mark(ID)[0].number,))

    async def work() -> None:
        async with hosted() as here:
            for value in (ID, "0" * 16):
                answer = await here.client.get(f"{API}/matches/byBinding", params=query(value))
                assert (answer.status_code, answer.json()) == (200, {"matches": []})
            answer = await here.client.get(f"{API}/manifests/{NAME}")
            assert (answer.status_code, answer.json()["reason"]) == (404, "unknown")

    run(work())


def test_no_more_than_were_asked_for_the_newest_first() -> None:
    for index in range(12):
        keep(f"urn:c2pa:{index}")

    async def work() -> None:
        async with hosted() as here:

            async def names(**more: str) -> list[str]:
                answer = await here.client.get(f"{API}/matches/byBinding", params=query(**more))
                return [one["manifestId"] for one in answer.json()["matches"]]

            assert len(await names()) == 10
            assert await names(maxResults="2") == ["urn:c2pa:11", "urn:c2pa:10"]
            assert len(await names(maxResults="1000000")) == 12

    run(work())


NONSENSE: list[tuple[str, dict[str, str], int]] = [
    ("/matches/byBinding", {}, 400),
    ("/matches/byBinding", {"alg": PICTURE}, 400),
    ("/matches/byBinding", query(maxResults="0"), 400),
    ("/matches/byBinding", query(maxResults="many"), 400),
    ("/matches/byBinding", query(alg="foo.bar.watermark.1"), 400),
    ("/matches/byBinding", query("../../etc/passwd"), 400),
    ("/matches/byBinding", query("0123"), 400),
    ("/matches/byBinding", {"alg": PICTURE, "value": ID + "!"}, 400),
    ("/matches/byBinding", {"alg": PICTURE, "value": "é"}, 400),
    ("/matches/byBinding", {"alg": PICTURE, "value": "A" * 2000}, 414),
    ("/manifests/..%2f..%2fetc", {}, 404),
    ("/manifests/urn:c2pa:%00", {}, 400),
    ("/manifests/" + "a" * 300, {}, 400),
    ("/manifests/urn:c2pa:nobody", {}, 404),
    ("/manifests/urn:c2pa:nobody", {"returnActiveManifest": "perhaps"}, 400),
]


def test_what_makes_no_sense_is_said() -> None:
    keep()

    async def work() -> None:
        async with hosted() as here:
            for path, params, status in NONSENSE:
                answer = await here.client.get(API + path, params=params)
                assert answer.status_code == status, (path, params, answer.text)
                assert answer.json()["error"].endswith(".")
                assert "etc" not in answer.text

    run(work())


def test_strangers_may_ask_and_may_not_store() -> None:
    keep()

    async def work() -> None:
        async with hosted(chosen(**GUARDED)) as here:
            assert (
                await here.client.get(f"{API}/matches/byBinding", params=query())
            ).status_code == 200
            assert (await here.client.get(f"{API}/manifests/{NAME}")).status_code == 200
            for method, path in (
                ("POST", "/manifests"),
                ("POST", "/bindings"),
                ("PUT", "/bindings"),
                ("DELETE", f"/manifests/{NAME}"),
            ):
                answer = await here.client.request(method, API + path)
                assert answer.status_code in {404, 405}, path
        few = Limits(steady=0.001, burst=3)
        async with hosted(chosen(few, **GUARDED)) as here:
            said = [
                await here.client.get(f"{API}/matches/byBinding", params=query()) for _ in range(5)
            ]
            assert [one.status_code for one in said][-1] == 429
            assert "Retry-After" in said[-1].headers

    run(work())


def test_a_broken_log_tells_strangers_no_paths() -> None:
    keep()
    store.log_path().write_bytes(b"no database at all")

    async def work() -> None:
        async with hosted() as here:
            answer = await here.client.get(f"{API}/matches/byBinding", params=query())
            assert answer.status_code == 500
            assert "log.db" not in answer.text

    run(work())


def test_openapi_describes_it() -> None:
    async def work() -> None:
        async with hosted() as here:
            paths = (await here.client.get("/openapi.json")).json()["paths"]
            asked = paths[f"{API}/matches/byBinding"]["get"]
            names = {one["name"]: one["required"] for one in asked["parameters"]}
            assert names == {"alg": True, "value": True, "maxResults": False}
            assert {"200", "400", "414", "429"} <= set(asked["responses"])
            fetch = paths[f"{API}/manifests/{{manifestId}}"]["get"]
            assert "application/c2pa" in fetch["responses"]["200"]["content"]
            assert "post" in paths[f"{API}/matches/byBinding"]
            assert f"{API}/services/supportedAlgorithms" in paths

    run(work())


def test_a_session_is_in_the_log_before_anybody_sees_it() -> None:
    async def work() -> None:
        async with hosted() as here:
            begun = await here.begin()
            one = here.host.registry.find(begun["id"])
            (entry,) = archive.find(f"{7:016x}")
            assert (entry.kind, entry.marks[1]) == ("session", (SOUND, f"{7:08x}"))
            assert entry.content is not None
            assert (entry.content.record, entry.content.digest) == (
                one.leave.record_id,
                one.leave.digest,
            )

    run(work())


def test_no_session_without_its_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise KeysError("The log could not be used: the disk is full.", "Make room.")

    monkeypatch.setattr("bonaface.server.registry.note_session", full)

    async def work() -> None:
        async with hosted(chosen(QUICK)) as here:
            asked = {"likeness": await here.likeness()}
            for _ in range(3):
                answer = await here.client.post("/api/sessions", json=asked)
                assert answer.status_code == 500
                assert "disk is full" in answer.json()["error"]
            assert len(here.host.registry) == 0
            assert here.host.registry.admission.refusal((512, 512), 25) is None

    run(work())


def test_a_file_leads_to_its_manifest() -> None:
    sound = SoundMark(int(ID, 16))
    runs = [*sound.push(speak_scene(6)), *sound.flush()]
    samples = np.concatenate([run.samples for run in runs])
    body = io.BytesIO()
    with wave.open(body, "wb") as file:
        file.setparams((1, 2, 48_000, len(samples), "NONE", ""))
        file.writeframes((samples * 32_767).astype("<i2").tobytes())
    keep()
    content = f"{API}/matches/byContent"

    async def work() -> None:
        async with hosted() as here:

            async def names(data: bytes, **more: str) -> list[str]:
                answer = await here.client.post(content, params=more, content=data)
                assert answer.status_code == 200, answer.text
                return [one["manifestId"] for one in answer.json()["matches"]]

            assert await names(body.getvalue()) == [NAME]
            hint = {"hintAlg": PICTURE, "hintValue": encode(ID)}
            silence = body.getvalue()[:44] + bytes(96_000)
            assert await names(silence, alg=SOUND, **hint) == [NAME]

    run(work())


def test_files_of_no_use_are_refused() -> None:
    page = b"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:1/a.ts\n#EXT-X-ENDLIST\n"

    async def work() -> None:
        few = replace(QUICK, upload=100_000)
        async with hosted(chosen(few)) as here:
            content = f"{API}/matches/byContent"
            for body in (page, b"RIFF\xff\xff\xff\xffWAVEfmt "):
                answer = await here.client.post(content, content=body)
                assert answer.status_code == 415, body[:20]
                assert "/proc" not in answer.text
            large = await here.client.post(content, content=bytes(100_001))
            assert large.status_code == 413
            here.host.reader._here = 99
            busy = await here.client.post(content, content=b"a")
            assert (busy.status_code, busy.headers["retry-after"]) == (503, "10")

    run(work())
