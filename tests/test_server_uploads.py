"""Photos from strangers: bounded, typed by content, decoded in a process of their own."""

import asyncio
import io
import json
import struct
import sys
import zipfile
import zlib
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import numpy as np
import pytest
from hosting import QUICK, Hosted, chosen, hosted, run
from PIL import Image

from bonaface import weights
from bonaface.commands.demo import grant_portrait
from bonaface.consent.records import save_record
from bonaface.errors import RequestRefused, UnreadableMedia
from bonaface.marks.archive import archive
from bonaface.marks.credentials.files import read_credentials
from bonaface.marks.picture.reader import read_picture_mark
from bonaface.marks.reading_key import write_id
from bonaface.media.photos import read_photo
from bonaface.server.tokens import TokenBook
from bonaface.server.uploads import Decoder, require_photo

pytestmark = pytest.mark.usefixtures("granted_home")
PIXELS = 50_000_000


def png(width: int, height: int, body: bytes = b"") -> bytes:
    """A PNG that claims a size, whatever its body holds."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def drawn(kind: str = "PNG", size: tuple[int, int] = (80, 60)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, (200, 40, 10)).save(file, kind)
    return file.getvalue()


def zipped() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.html", "<script>alert(1)</script>")
    return file.getvalue()


def bomb() -> bytes:
    """90 megapixels of nothing in 260 kB."""
    return png(30_000, 3_000, zlib.compress(b"\x00" * (3_000 * (1 + 3 * 30_000)), 9))


async def post(here: Hosted, photo: bytes, **fields: str) -> httpx.Response:
    files = {"photo": ("../../etc/passwd\x00.jpg", photo, "image/jpeg")}
    return await here.client.post("/api/likenesses", files=files, data=fields)


@pytest.mark.parametrize(
    ("name", "photo", "status"),
    [
        ("empty", b"", 415),
        ("text", b"hello", 415),
        ("a script", b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", 415),
        ("a GIF", drawn("GIF"), 415),
        ("a TIFF", drawn("TIFF"), 415),
        ("a PDF", b"%PDF-1.7 and so on", 415),
        ("an archive", zipped(), 415),
        ("a video", b"\x00\x00\x00\x18ftypisom", 415),
        ("a sound", b"RIFF\x00\x00\x00\x00WAVEfmt ", 415),
        ("a head and no body", b"\xff\xd8\xff", 422),
        ("half a photo", drawn("JPEG", (800, 600))[:2000], 422),
        ("garbage after a head", b"\x89PNG\r\n\x1a\n" + b"\xff" * 5000, 422),
        ("a claim of 4 gigapixels", png(65_535, 65_535), 422),
        ("a claim beyond all bounds", png(2**31 - 1, 2**31 - 1), 422),
        ("a bomb", bomb(), 422),
        ("no face", drawn(size=(400, 400)), 422),
    ],
)
def test_hostile_photos_are_refused(name: str, photo: bytes, status: int) -> None:
    async def work() -> None:
        async with hosted() as here:
            answer = await post(
                here, photo, subject="A", basis="fictional", purpose="test", until="2099-01-01",
                agreed="true",
            )  # fmt: skip
            assert answer.status_code == status, name
            said = answer.json()
            assert said["error"].endswith(".")
            assert said["remedy"]
            assert "passwd" not in answer.text
            assert len((await here.client.get("/api/likenesses")).json()["likenesses"]) == 1

    run(work())


def test_a_hundred_megabytes_are_refused_unread() -> None:
    async def work() -> None:
        sent = 0

        async def endless() -> AsyncIterator[bytes]:
            nonlocal sent
            for _ in range(1600):
                sent += 1 << 16
                yield b"\xff" * (1 << 16)

        async with hosted() as here:
            headers = {"Content-Type": "multipart/form-data; boundary=x"}
            told = await here.client.post(
                "/api/likenesses", content=b"", headers=headers | {"Content-Length": "100000000"}
            )
            assert told.status_code == 413
            untold = await here.client.post(
                "/api/likenesses",
                content=_wrapped(endless()),
                headers=headers,
            )
            assert untold.status_code == 413
            assert sent < 30_000_000

    run(work())


async def _wrapped(body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield b'--x\r\nContent-Disposition: form-data; name="photo"; filename="a"\r\n\r\n'
    async for part in body:
        yield part


def test_the_demo_portrait_is_taken_with_its_record(tmp_path: Path) -> None:
    async def work() -> None:
        portrait = weights.find("portrait-hopper")
        save_record(grant_portrait(portrait), tmp_path / "record.json")
        record = (tmp_path / "record.json").read_bytes()
        async with hosted() as here:
            files = {"photo": ("a.png", portrait.read_bytes()), "consent": ("b", record)}
            answer = await here.client.post(
                "/api/likenesses", files=files, data={"name": "Grace 2"}
            )
            assert answer.status_code == 201, answer.text
            made = answer.json()
            assert made["name"] == "Grace 2"
            assert made["status"] == "active"
            picture = await here.client.get(made["picture"])
            assert picture.headers["Content-Type"] == "image/jpeg"
            (tmp_path / "seen.jpg").write_bytes(picture.content)
            seen = read_photo(tmp_path / "seen.jpg")
            assert seen.pixels.shape == (384, 384, 3)
            mark = read_picture_mark([seen]).mark_id
            assert mark is not None
            assert [one.kind for one in archive.find(write_id(mark))] == ["manifest"]
            assert read_credentials(tmp_path / "seen.jpg").state == "trusted"
            assert len((await here.client.get("/api/likenesses")).json()["likenesses"]) == 2
            place = here.host.settings.home / "likenesses" / made["id"]
            assert place.stat().st_mode & 0o077 == 0
            with Image.open(place / "portrait.png") as kept, Image.open(portrait) as sent:
                assert kept.size == sent.size
            assert (await here.client.delete(f"/api/likenesses/{made['id']}")).status_code == 204
            assert not place.exists()
            assert (await here.client.get(made["picture"])).status_code == 404

    run(work())


def test_consent_is_needed_and_must_fit(tmp_path: Path) -> None:
    async def work() -> None:
        portrait = weights.find("portrait-hopper").read_bytes()
        record = grant_portrait(weights.find("portrait-hopper"))
        save_record(record, tmp_path / "record.json")
        whole = json.loads((tmp_path / "record.json").read_text())
        forged = json.dumps(whole | {"purposes": ["anything"]}).encode()
        async with hosted() as here:
            without = await post(here, portrait)
            assert without.status_code == 422
            assert "said yes" in without.json()["error"]
            unagreed = await post(
                here, portrait, subject="A", basis="self", purpose="x", until="2099-01-01"
            )
            assert unagreed.status_code == 422
            for consent in (b"", b"{}", b"\xff" * 100, forged, b"[" * 100_000, b"1" * 2_000_000):
                files = {"photo": ("a", portrait), "consent": ("b", consent)}
                answer = await here.client.post("/api/likenesses", files=files)
                assert answer.status_code == 422, consent[:20]
                assert str(here.host.settings.home) not in answer.text
            other = Image.fromarray(
                np.random.default_rng(1).integers(0, 255, (300, 300, 3), np.uint8)
            )
            file = io.BytesIO()
            other.save(file, "PNG")
            true = (tmp_path / "record.json").read_bytes()
            files = {"photo": ("a", file.getvalue()), "consent": ("b", true)}
            assert (await here.client.post("/api/likenesses", files=files)).status_code == 403

    run(work())


def test_a_consent_says_where_in_the_words_that_were_agreed_to() -> None:
    async def work() -> None:
        portrait = weights.find("portrait-hopper").read_bytes()
        basis = "public-domain-historical"
        fields = {
            "subject": "Grace", "basis": basis, "purpose": "demo", "until": "2099-01-01",
            "agreed": "true", "contexts": "live",
        }  # fmt: skip
        async with hosted() as here:
            told = (await here.client.get("/api/settings")).json()["notices"]
            words = {(one["basis"], *one["contexts"]): one["text"] for one in told}
            assert len(words) == 12
            both = words[basis, "live", "recorded"]
            assert (await post(here, portrait, **fields, notice=both)).status_code == 422
            assert (await post(here, portrait, **fields | {"contexts": "tv"})).status_code == 422
            answer = await post(here, portrait, **fields, notice=words[basis, "live"])
            assert answer.status_code == 201
            assert answer.json()["contexts"] == ["live"]
            record = here.host.store.record(answer.json()["id"])
            assert record.notice == words[basis, "live"]
            assert "never recorded" in record.notice

    run(work())


def test_recording_a_consent_needs_its_scope() -> None:
    async def work() -> None:
        settings = chosen(host="0.0.0.0")  # noqa: S104
        book = TokenBook(settings.tokens)
        portrait = weights.find("portrait-hopper").read_bytes()
        fields = {
            "subject": "Grace", "basis": "public-domain-historical", "purpose": "demo, talk",
            "until": "2099-01-01", "agreed": "true",
        }  # fmt: skip
        for scopes, status in ((["make"], 403), (["make", "consent"], 201)):
            token = book.make("-".join(scopes).replace("-", " "), scopes)
            async with hosted(settings, Authorization=f"Bearer {token}") as here:
                answer = await post(here, portrait, **fields)
                assert answer.status_code == status
        assert answer.json()["purposes"] == ["demo", "talk"]

    run(work())


def test_revocation_is_for_good() -> None:
    async def work() -> None:
        async with hosted() as here:
            likeness = await here.likeness()
            assert (
                await here.client.post(f"/api/likenesses/{likeness}/revocation")
            ).status_code == 204
            listed = (await here.client.get("/api/likenesses")).json()["likenesses"]
            assert listed[0]["status"] == "revoked"
            begun = await here.client.post("/api/sessions", json={"likeness": likeness})
            assert begun.status_code == 403
            assert "revoked" in begun.json()["error"]
            assert here.host.registry.admission.room.busy < 1
            assert len(here.host.registry) == 0

    run(work())


@pytest.mark.parametrize(
    "wrong", ["..", "../../keys", "%2e%2e", "0" * 15, "0" * 17, "é" * 16, "0123456789ABCDEF"]
)
def test_ids_are_no_paths(wrong: str) -> None:
    async def work() -> None:
        async with hosted() as here:
            for path in (f"/api/likenesses/{wrong}/picture", f"/api/likenesses/{wrong}"):
                method = "GET" if path.endswith("picture") else "DELETE"
                answer = await here.client.request(method, path)
                assert answer.status_code in {404, 405}
            begun = await here.client.post("/api/sessions", json={"likeness": wrong})
            assert begun.status_code == 404
            assert (here.host.settings.home / "keys").exists()

    run(work())


def test_photos_are_decoded_as_they_are() -> None:
    async def work() -> None:
        decoder = Decoder(PIXELS)
        pictures = await asyncio.gather(
            *(decoder.decode(drawn(k)) for k in ("PNG", "JPEG", "WEBP"))
        )
        for picture in pictures:
            assert picture.pixels.shape == (60, 80, 3)
            assert abs(picture.pixels[30, 40].astype(int) - (200, 40, 10)).max() < 6
        polyglot = drawn("JPEG") + zipped()
        assert (await decoder.decode(polyglot)).pixels.shape == (60, 80, 3)

    run(work())


def test_a_slow_child_is_killed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    slow = tmp_path / "slow"
    slow.write_text("#!/bin/sh\nexec sleep 60\n")
    slow.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(slow))

    async def work() -> None:
        with pytest.raises(UnreadableMedia, match="too long"):
            await Decoder(PIXELS, wall=0.2).decode(drawn())

    run(work())


def test_a_child_that_dies_is_no_surprise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")

    async def work() -> None:
        with pytest.raises(UnreadableMedia, match="safely"):
            await Decoder(PIXELS).decode(drawn(size=(2000, 2000)) * 100)

    run(work())


def test_the_child_bounds_its_memory(tmp_path: Path) -> None:
    """The limits hold in the process that decodes: what asks for more is refused there."""
    code = (
        "from bonaface.server.decode import bound; bound()\n"
        "try:\n    bytearray(3 << 30)\nexcept MemoryError:\n    print('memory')\n"
    )

    async def work() -> None:
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE, cwd=tmp_path,
            stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        out, _ = await child.communicate()
        assert out == b"memory\n"

    run(work())


def test_kinds_are_told_by_content() -> None:
    require_photo(drawn("WEBP"))
    with pytest.raises(RequestRefused, match="MP4 video or a HEIC"):
        require_photo(b"\x00\x00\x00\x18ftypheic")
    with pytest.raises(RequestRefused, match="empty"):
        require_photo(b"")


def test_there_is_an_end_to_likenesses() -> None:
    async def work() -> None:
        async with hosted(chosen(replace(QUICK, likenesses=1))) as here:
            answer = await post(
                here,
                weights.find("portrait-hopper").read_bytes(),
                subject="G", basis="public-domain-historical", purpose="a", until="2099-01-01",
                agreed="true",
            )  # fmt: skip
            assert answer.status_code == 507

    run(work())
