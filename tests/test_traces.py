"""What a file says of itself, unsigned: read from every carrier, weighed, and survived."""

import io
import json
import shutil
import tracemalloc
import wave
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import av
import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from unsigned import build, photo, pixels, recorded

from bonaface.check import check
from bonaface.forensics.origin.evidence import Evidence, inspect_origin
from bonaface.forensics.origin.source_types import BY_AI, BY_CAMERA, describe_source, term
from bonaface.forensics.origin.tags import LONGEST, Place, Tag, show
from bonaface.forensics.origin.traces import MOST, declares_ai, inspect_traces
from bonaface.forensics.report.report import make_report, to_text
from bonaface.forensics.verdict import judge
from bonaface.marks.credentials.claims import Claims
from bonaface.marks.credentials.files import Credentials, read_credentials
from bonaface.marks.credentials.manifest import SOURCE_TYPES
from bonaface.marks.signers import keys
from bonaface.media.files import look
from bonaface.media.metadata.parts import GIVEN, LARGEST, walk_png
from bonaface.media.metadata.reader import MOST as MOST_TAGS
from bonaface.media.metadata.reader import read_tags
from bonaface.media.metadata.xmp import read_xmp

AI = SOURCE_TYPES + "trainedAlgorithmicMedia"
LABEL = '{"Label":"1","ContentProducer":"0011","ReservedCode1":"{"Type":"TC260PG"}"}'
SETTINGS = "a face, by Jane Roe\nNegative prompt: blur\nSteps: 20, Sampler: Euler a, Seed: 7"
GRAPH = json.dumps({"3": {"class_type": "KSampler", "inputs": {"text": "Jane Roe"}}})
XMP_UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")


def packet(inside: str, attributes: str = "") -> bytes:
    return f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
    <x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF
      xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
      xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
      xmlns:TC260="http://www.tc260.org.cn/ns/AIGC/1.0/"
      xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/"
      xmlns:stEvt="http://ns.adobe.com/xap/1.0/sType/ResourceEvent#"
      xmlns:dc="http://purl.org/dc/elements/1.1/">
    <rdf:Description rdf:about="" {attributes}>{inside}</rdf:Description>
    </rdf:RDF></x:xmpmeta><?xpacket end="w"?>""".encode()


def source(value: str = AI) -> bytes:
    return packet(f"<Iptc4xmpExt:DigitalSourceType>{value}</Iptc4xmpExt:DigitalSourceType>")


def still(kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels()).save(file, kind, **options)
    return file.getvalue()


def png(**texts: str) -> bytes:
    info = PngInfo()
    for name, text in texts.items():
        info.add_text(name, text, zip=len(text) > 500)
    return still("PNG", pnginfo=info)


def film(**tags: str) -> bytes:
    file = io.BytesIO()
    flags = {"movflags": "use_metadata_tags"}
    with av.open(file, "w", format="mp4", container_options=flags) as container:
        container.metadata.update(tags)
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8))
        for packet_ in (*stream.encode(frame), *stream.encode(None)):
            container.mux(packet_)
    return file.getvalue()


def box(kind: bytes, body: bytes, claim: int | None = None) -> bytes:
    return (8 + len(body) if claim is None else claim).to_bytes(4) + kind + body


def chunk(kind: bytes, body: bytes, claim: int | None = None) -> bytes:
    """One of RIFF."""
    return kind + (len(body) if claim is None else claim).to_bytes(4, "little") + body


def sound() -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setparams((1, 2, 16000, 0, "NONE", ""))
        writer.writeframes(bytes(3200))
    return file.getvalue()


def comment(text: str) -> Image.Exif:
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9286] = b"UNICODE\0" + text.encode("utf-16-be")
    return exif


CARRIERS: dict[str, Callable[[], bytes]] = {
    "xmp.jpg": lambda: photo(xmp=source()),
    "xmp.png": lambda: png(**{"XML:com.adobe.xmp": source().decode()}),
    "xmp.webp": lambda: still("WEBP", xmp=source()),
    "xmp.tiff": lambda: still("TIFF", tiffinfo={700: source()}),
    "xmp.mp4": lambda: film() + box(b"uuid", XMP_UUID + source()),
    "xmp.wav": lambda: sound() + chunk(b"_PMX", source() + b" " * (len(source()) % 2)),
    "label.png": lambda: png(AIGC=LABEL),
    "label.xmp.jpg": lambda: photo(xmp=packet(f"<TC260:AIGC>{escape(LABEL)}</TC260:AIGC>")),
    "label.exif.jpg": lambda: photo(exif=comment(f'{{"AIGC": {LABEL}}}')),
    "label.mp4": lambda: film(AIGC=LABEL),
    "label.wav": lambda: sound() + chunk(b"AIGC", LABEL.encode() + b" " * (len(LABEL) % 2)),
    "settings.png": lambda: png(parameters=SETTINGS),
    "settings.long.png": lambda: png(parameters=f"{'very ' * 200}{SETTINGS}"),
    "settings.jpg": lambda: photo(exif=comment(SETTINGS)),
    "settings.webp": lambda: still("WEBP", exif=comment(SETTINGS)),
    "graph.png": lambda: png(prompt=GRAPH),
    "graph.mp4": lambda: film(prompt=GRAPH),
    "graph.comment.mp4": lambda: film(comment=json.dumps({"prompt": json.loads(GRAPH)})),
}


def written(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def tags_of(folder: Path, data: bytes, name: str = "file.bin") -> tuple[Tag, ...]:
    return read_tags(written(folder, name, data), [])


@pytest.mark.parametrize("name", CARRIERS)
def test_ai_is_read_from_every_carrier(tmp_path: Path, name: str) -> None:
    limits: list[str] = []
    tags = read_tags(written(tmp_path, name, CARRIERS[name]()), limits)
    assert declares_ai(tags)
    assert not limits
    first = inspect_traces(tags, 7)[0]
    assert first.score == pytest.approx(20 / 21)
    assert first.until == 7
    assert "not signed" in first.reason
    assert "Roe" not in "".join(one.reason for one in inspect_traces(tags, 0))


@pytest.mark.parametrize("make", [photo, png, film, sound])
def test_a_plain_file_says_nothing_of_ai(tmp_path: Path, make: Callable[[], bytes]) -> None:
    assert not declares_ai(tags_of(tmp_path, make()))


def test_every_source_type_has_words_and_only_those_of_ai_count() -> None:
    for name in BY_AI | BY_CAMERA | {"humanEdits", "screenCapture", "algorithmicMedia"}:
        for value in (SOURCE_TYPES + name, f"digsrctype:{name}", name):
            assert term(value) == name
            assert describe_source(value)
        assert declares_ai((Tag("XMP", "DigitalSourceType", name),)) == (name in BY_AI)
    assert describe_source("http://cv.iptc.org/newscodes/digitalsourcetype/whatever") == ""


@pytest.mark.parametrize(("label", "counts"), [("1", True), ("2", False), ("3", False)])
def test_only_the_certain_label_counts(label: str, counts: bool) -> None:
    tags = (Tag("text", "AIGC", json.dumps({"Label": label})),)
    (found,) = inspect_traces(tags, 0)
    assert (found.score is not None) == counts
    assert "GB 45438" in found.reason


def test_an_attribute_and_an_address_say_the_same() -> None:
    short = packet("", f'Iptc4xmpExt:DigitalSourceType="{AI}"')
    linked = packet(
        f'<Iptc4xmpExt:DigitalSourceType rdf:resource="{AI}"></Iptc4xmpExt:DigitalSourceType>'
    )
    assert read_xmp(short) == read_xmp(linked) == read_xmp(source())


def test_what_is_said_of_an_ingredient_is_not_said_of_the_file() -> None:
    within = packet(
        "<xmpMM:Ingredients><rdf:Bag><rdf:li><rdf:Description>"
        f"<Iptc4xmpExt:DigitalSourceType>{AI}</Iptc4xmpExt:DigitalSourceType>"
        "</rdf:Description></rdf:li></rdf:Bag></xmpMM:Ingredients>"
    )
    assert not read_xmp(within)


TOLD: list[tuple[Place, str, str, str]] = [
    ("container", "encoder", "Lavf58.29.100", "FFmpeg"),
    ("stream", "x264", "x264 164", "x264"),
    ("video", "handler_name", "ISO Media file produced by Google Inc.", "YouTube"),
    ("XMP", "softwareAgent", "Adobe Photoshop 25.0 (Windows)", "Adobe Photoshop"),
    ("container", "lvmetainfo", '{"source_type":"vicut"}', "CapCut"),
    ("EXIF", "Software", "Shotwell 0.22.0", "Shotwell"),
    ("EXIF", "Software", "15.4.1", "15.4.1"),
    ("EXIF", "Model", "Canon EOS 550D", "Canon EOS 550D"),
    ("text", "prompt", '{"1": {"class_type": "LoadImage"}}', ""),
    ("text", "parameters", "Steps: three, Sampler: none", ""),
    ("comment", "comment", "We took 20 Steps: 3, Sampler: one", ""),
    ("XMP", "Credit", "Photo: Made with Google AI? No.", ""),
]


@pytest.mark.parametrize(("place", "name", "value", "words"), TOLD)
def test_tools_are_told_and_weigh_nothing(place: Place, name: str, value: str, words: str) -> None:
    found = inspect_traces((Tag(place, name, value),), 0)
    assert all(one.score is None for one in found)
    assert words in " ".join(one.reason for one in found)
    assert bool(found) == bool(words)


def test_tools_of_a_kind_are_told_in_one_sentence() -> None:
    tags = (
        Tag("container", "encoder", "Lavf60"),
        Tag("video", "encoder", "Lavc60"),
        Tag("stream", "x264", "x264 164"),
    )
    (found,) = inspect_traces(tags, 0)
    assert "with FFmpeg and x264," in found.reason


def test_a_label_is_not_read_from_what_people_write() -> None:
    for value in ('About "AIGC": "Label":"1" is what GB 45438 asks for', '{"Label":"1"}'):
        assert not declares_ai((Tag("comment", "comment", value),))


def test_people_are_not_named(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x013B], exif[0x8298], exif[0x010F] = "Jane Roe", "Jane Roe", "Canon"
    named = packet("<dc:creator><rdf:Seq><rdf:li>Jane Roe</rdf:li></rdf:Seq></dc:creator>")
    for data in (photo(exif=exif, xmp=named), png(Author="Jane Roe"), film(artist="Jane Roe")):
        assert "Roe" not in repr(tags_of(tmp_path, data))
    assert "Canon" in repr(tags_of(tmp_path, photo(exif=exif)))


def test_a_thousand_statements_are_cut_short(tmp_path: Path) -> None:
    info = PngInfo()
    for number in range(1000):
        info.add_text("Software", f"Tool {number}")
    limits: list[str] = []
    tags = read_tags(written(tmp_path, "a.png", still("PNG", pnginfo=info)), limits)
    assert len(inspect_traces(tags, 0)) == MOST
    assert "Only the first" in limits[0]


def test_text_is_shown_without_what_steers_a_terminal() -> None:
    assert show("Tool\x1b[2J\n\u202e1”") == "Tool [2J 1'"
    assert len(show("x" * LONGEST)) == 80


def test_an_unsigned_statement_is_a_verdict_of_its_own_but_a_weak_one() -> None:
    tags = (Tag("XMP", "DigitalSourceType", AI),)
    verdict = judge(Evidence(Credentials("none"), tags=tags))
    assert (verdict.word, verdict.exit_code) == ("made-by-ai", 1)
    signed = judge(Evidence(Credentials("valid", Claims(ai=True))))
    assert (verdict.probability or 1) < (signed.probability or 0)
    assert any("discredit" in limit for limit in verdict.limits)
    page = to_text(make_report("a.jpg", "", "image", Evidence(Credentials("none"), tags=tags)))
    assert "Probably made by AI" in page


def test_who_contradicts_himself_is_not_believed() -> None:
    tags = (Tag("XMP", "DigitalSourceType", AI),)
    shot = Credentials("trusted", Claims(ai=False))
    assert judge(Evidence(shot)).word == "authentic-signed"
    assert judge(Evidence(shot, tags=tags)).word == "cannot-tell"
    changed = Credentials("invalid", altered=True, problems=("It was changed.",))
    assert judge(Evidence(changed, tags=tags)).word == "manipulated"


def test_cameras_and_tools_change_no_verdict() -> None:
    tags = (Tag("EXIF", "Make", "Canon"), Tag("container", "encoder", "Lavf60"))
    for credentials in (Credentials("none"), Credentials("trusted", Claims(ai=False))):
        plain, told = judge(Evidence(credentials)), judge(Evidence(credentials, tags=tags))
        assert (plain.word, plain.probability) == (told.word, told.probability)
        assert any("nor that it is made" in limit for limit in told.limits)


@pytest.mark.usefixtures("home")
def test_a_check_tells_it(tmp_path: Path) -> None:
    report = check(written(tmp_path, "a.jpg", photo(xmp=source(), exif=comment(SETTINGS))))
    assert report.verdict.word == "made-by-ai"
    assert {"source-type", "generation-record"} <= {one.inspector for one in report.findings}
    plain = check(written(tmp_path, "b.jpg", photo()))
    assert plain.verdict.word == "cannot-tell"


BOMB = b"""<!DOCTYPE x [<!ENTITY a "%s"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>""" % (b"x" * 100)
FETCH = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>'


@pytest.mark.parametrize("head", [BOMB, FETCH])
def test_entities_end_the_reading(head: bytes) -> None:
    body = source("&a;&c;").partition(b"?>")[2]
    assert read_xmp(head + body) == ()


def test_nesting_and_length_are_bounded() -> None:
    assert read_xmp(packet("<dc:a>" * 5000)) == ()
    assert len(read_xmp(source("x" * (3 * LONGEST)))[0].value) == LONGEST
    assert read_xmp(source()[:-60]) == read_xmp(source()), "what came before damage is kept"
    assert read_xmp(b"\xff\xfe" + source().decode().encode("utf-16-le"))[0].value == AI


HUGE = 1 << 30
CLAIMS = {
    "a.png": b"\x89PNG\r\n\x1a\n" + HUGE.to_bytes(4) + b"iTXtXML:com.adobe.xmp\0",
    "a.jpg": b"\xff\xd8\xff\xe1\xff\xffhttp://ns.adobe.com/xap/1.0/\0",
    "a.webp": b"RIFF\0\0\0\0WEBP" + chunk(b"XMP ", b"x", HUGE),
    "a.wav": b"RIFF\0\0\0\0WAVE" + chunk(b"AIGC", b"x", HUGE),
    "a.mp4": box(b"ftyp", b"isom\0\0\0\0") + box(b"moov", box(b"udta", b"", HUGE)),
    "b.mp4": box(b"ftyp", b"isom\0\0\0\0") + box(b"uuid", HUGE.to_bytes(8), 1),
    "c.mp4": box(b"ftyp", b"isom\0\0\0\0") + box(b"moov", box(b"moov", b"")) * 400,
}


@pytest.mark.parametrize("name", CLAIMS)
def test_claims_of_a_gigabyte_take_no_memory(tmp_path: Path, name: str) -> None:
    path = written(tmp_path, name, CLAIMS[name])
    tracemalloc.start()
    assert not declares_ai(read_tags(path, []))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 8 << 20


def test_a_packed_text_is_unpacked_only_so_far(tmp_path: Path) -> None:
    body = b"parameters\0\0" + zlib.compress(b"x" * (64 << 20))
    data = b"\x89PNG\r\n\x1a\n" + len(body).to_bytes(4) + b"zTXt" + body + b"\0\0\0\0"
    path = written(tmp_path, "a.png", data)
    tracemalloc.start()
    (tag,) = read_tags(path, [])
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(tag.value) == LONGEST
    assert most < 8 * LARGEST


def test_a_thousand_packed_texts_are_not_all_unpacked() -> None:
    body = b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(b" " * 1000)
    one = len(body).to_bytes(4) + b"iTXt" + body + b"\0\0\0\0"
    file = io.BytesIO(b"\x89PNG\r\n\x1a\n" + one * 1000)
    assert sum(1 for _ in walk_png(file, {b"iTXt"})) == GIVEN


@pytest.mark.parametrize("name", [name for name in CARRIERS if not name.endswith("mp4")])
def test_damage_is_survived(tmp_path: Path, name: str) -> None:
    data = bytearray(CARRIERS[name]())
    random, path = np.random.default_rng(5), tmp_path / name
    for _ in range(60):
        broken = data[: random.integers(1, len(data))]
        for at in random.integers(0, min(len(broken), 2000), 8):
            broken[at] = random.integers(0, 256)
        path.write_bytes(broken)
        for tag in read_tags(path, []):
            assert len(tag.value) <= LONGEST


def test_a_tag_in_a_wrong_encoding_is_read_all_the_same(tmp_path: Path) -> None:
    data = film(AIGC=LABEL, comment="Xberwald").replace(b"Xberwald", b"\xdcberwald")
    assert declares_ai(tags_of(tmp_path, data))
    assert look(tmp_path / "file.bin").kind == "video"


def test_who_wrote_a_webm_is_read(tmp_path: Path) -> None:
    file = io.BytesIO()
    with av.open(file, "w", format="webm") as container:
        stream = container.add_stream("libvpx", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8))
        for packet_ in (*stream.encode(frame), *stream.encode(None)):
            container.mux(packet_)
    named = file.getvalue()
    begin = named.index(b"WA", named.index(b"M\x80")) + 3  # behind MuxingApp
    length = named[begin - 1] & 0x7F
    data = named[:begin] + b"Chrome".ljust(length, b"\0") + named[begin + length :]
    (found,) = [one for one in inspect_traces(tags_of(tmp_path, data), 0) if "Chrome" in one.reason]
    assert found.score is None


@pytest.mark.parametrize("name", ["xmp.mp4", "graph.comment.mp4"])
def test_a_broken_film_is_survived(tmp_path: Path, name: str) -> None:
    data, random = CARRIERS[name](), np.random.default_rng(6)
    for _ in range(60):
        broken = bytearray(data[: random.integers(1, len(data) + 1)])
        for at in random.integers(0, len(broken), 12):
            broken[at] = random.integers(0, 256)
        assert len(tags_of(tmp_path, bytes(broken))) <= MOST_TAGS


MAKERS = [
    ({"name": "ChatGPT"}, "GPT-4o", "trainedAlgorithmicMedia", "AI generated it"),
    ({"name": "Adobe Firefly"}, "Adobe Firefly", "trainedAlgorithmicMedia", "AI generated it"),
    ({"name": "Google C2PA Core"}, None, "compositeWithTrainedAlgorithmicMedia", "AI edited it"),
    ({"name": "Leica", "version": "2"}, None, "digitalCapture", "took it from life"),
]


@pytest.mark.parametrize(("generator", "agent", "kind", "words"), MAKERS)
def test_credentials_of_any_maker_are_said_in_words(
    home: Path, tmp_path: Path, generator: dict[str, str], agent: str | None, kind: str, words: str
) -> None:
    manifest = recorded(kind)
    manifest["claim_generator_info"] = [generator]
    if agent:
        action = manifest["assertions"][0]["data"]["actions"][0]
        action["softwareAgent"] = {"name": agent}
    signing = keys.signing_keys(datetime.now(UTC))
    path = written(tmp_path, "a.jpg", build(manifest, signing, photo()))
    ours = maker_of(path)
    shutil.rmtree(home / "keys")
    theirs = maker_of(path)
    for name in (*generator.values(), agent or "", words, "was created"):
        assert name in ours
        assert name in theirs
    assert "unknown here" in theirs
    assert "unknown here" not in ours


def maker_of(path: Path) -> str:
    found = inspect_origin(Evidence(read_credentials(path)))
    (reason,) = [one.reason for one in found if one.inspector == "maker"]
    return reason


def test_genuine_media_are_not_said_to_be_ai(media: Path) -> None:
    lines = (media / "manifest.tsv").read_text("utf-8").splitlines()
    rows = [line.split("\t") for line in lines if "\treal\t" in line]
    for row in rows[:: max(1, len(rows) // 400)]:
        assert not declares_ai(read_tags(media / row[0], []))
