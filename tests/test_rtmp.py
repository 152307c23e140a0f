"""RTMP: pushed to ffmpeg as a server, lost and made again; and no word of the key."""

import logging
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from films import LENGTH, MARK_ID, film, later, play_to, read_marks, reel

from bonaface.core import SECOND
from bonaface.errors import SettingsError, UnreadableMedia
from bonaface.marks.reading_key import sound_id
from bonaface.media.broadcast import rtmp
from bonaface.media.broadcast.amf import read_values, write_values
from bonaface.media.broadcast.broadcast import Report
from bonaface.media.broadcast.chunks import ChunkReader, Message, write_message
from bonaface.media.broadcast.rtmp import Rtmp
from bonaface.media.broadcast.target import read_target
from bonaface.media.files import look

KEY = "s3cr3t-key"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@contextmanager
def listener(port: int, into: Path) -> Iterator[subprocess.Popen[bytes]]:
    """ffmpeg as an RTMP server for one stream, kept as a file."""
    if shutil.which("ffmpeg") is None:
        pytest.skip("no ffmpeg here")
    url = f"rtmp://127.0.0.1:{port}/live/{KEY}"
    options = ["-v", "error", "-y", "-listen", "1", "-f", "flv", "-i", url, "-c", "copy"]
    process = subprocess.Popen(["ffmpeg", *options, str(into)], stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def push_to(port: int, told: list[Report]) -> Rtmp:
    return Rtmp(read_target(f"rtmp://127.0.0.1:{port}/live/{KEY}", near=True), tell=told.append)


def states(told: list[Report]) -> list[str]:
    return [one.state for one in told]


@pytest.mark.realtime
def test_a_server_gets_all_of_it_with_its_marks(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server comes late: the first tries fail, and a later one goes on."""
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(rtmp, "PAUSES", (0.3,))
    port, told, into = free_port(), list[Report](), tmp_path / "a.mp4"
    pushed = push_to(port, told)
    film()  # made before time counts
    feeding = threading.Thread(target=play_to, args=(pushed, reel(times=2)))
    feeding.start()
    time.sleep(0.5)
    with listener(port, into) as server:
        feeding.join()
        pushed.end()
        assert pushed.wait(10)
        assert server.wait(10) == 0
    assert states(told)[:2] == ["connecting", "lost"]
    assert states(told)[-2:] == ["live", "ended"]
    assert "Nobody answers there" in told[1].text
    assert look(into).has_sound
    assert 8 < (look(into).seconds or 0) < 2 * LENGTH / SECOND
    picture, sound = read_marks(into)
    assert picture.mark_id == MARK_ID
    assert sound.mark_id == sound_id(MARK_ID)
    assert KEY not in caplog.text + str(told) + repr(pushed) + repr(vars(pushed))


@pytest.mark.realtime
def test_a_lost_server_is_found_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rtmp, "PAUSES", (0.3,))
    port, told = free_port(), list[Report]()
    pushed = push_to(port, told)

    def keep_on() -> None:
        """The same six seconds, until it is ended."""
        begin = 7 * SECOND
        while not pushed._hopper._closed:
            play_to(pushed, (later(one, begin - 7 * SECOND) for one in reel()), begin)
            begin += LENGTH

    feeding = threading.Thread(target=keep_on)
    with listener(port, tmp_path / "a.mp4") as first:
        time.sleep(1)
        feeding.start()
        until(lambda: "live" in states(told))
        time.sleep(1)
        first.kill()
        until(lambda: "lost" in states(told))
    with listener(port, tmp_path / "b.mp4") as second:
        until(lambda: states(told)[-1] == "live")
        time.sleep(2)
        pushed.end()
        assert pushed.wait(10)
        assert second.wait(10) == 0
    feeding.join()
    assert (look(tmp_path / "b.mp4").seconds or 0) > 1


def until(true: Any, seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)


def serve(answer: bytes) -> tuple[socket.socket, int]:
    """A server that says one thing to each and then nothing."""
    server = socket.create_server(("127.0.0.1", 0))

    def talk() -> None:
        try:
            while True:
                caller, _ = server.accept()
                caller.sendall(answer)
                kept.append(caller)
        except OSError:
            for one in kept:
                one.close()

    kept: list[socket.socket] = []
    threading.Thread(target=talk, daemon=True).start()
    return server, int(server.getsockname()[1])


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n" + b"x" * 4000, "no RTMP server"),
        (b"", "too long to answer"),
        (b"\3" + b"x" * 3072, "too long to answer"),
        (b"\3" + b"x" * 3072 + b"\3\0\0\0\xff\xff\xff\x14\0\0\0\0", "makes no sense"),
    ],
)
def test_who_answers_nonsense_or_nothing_is_tried_again(
    answer: bytes, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rtmp, "STALLED", 0.5)
    server, port = serve(answer)
    told: list[Report] = []
    pushed = push_to(port, told)
    with server:
        play_to(pushed, (one for one in reel() if one.at < 8 * SECOND))
        pushed.end()
        assert pushed.wait(5)
        server.shutdown(socket.SHUT_RDWR)
    assert states(told)[:2] == ["connecting", "lost"]
    assert why in told[1].text


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, *form)
    (tmp_path / "both.pem").write_bytes(pem + made.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "both.pem")

    def shake(server: socket.socket) -> None:
        caller, _ = server.accept()
        with suppress(OSError), context.wrap_socket(caller, server_side=True):
            pass

    told: list[Report] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        shaking = threading.Thread(target=shake, args=(server,))
        shaking.start()
        url = f"rtmps://localhost:{server.getsockname()[1]}/live/{KEY}"
        pushed = Rtmp(read_target(url, near=True), tell=told.append)
        play_to(pushed, (one for one in reel() if one.at < 7 * SECOND + SECOND // 2))
        pushed.end()
        assert pushed.wait(5)
        shaking.join()
    assert "Its certificate does not hold" in told[1].text


def test_it_is_given_up_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rtmp, "PAUSES", (0.05,))
    monkeypatch.setattr(rtmp, "PATIENCE", 0.3)
    told: list[Report] = []
    pushed = push_to(free_port(), told)
    play_to(pushed, (one for one in reel() if one.at < 8 * SECOND))
    assert pushed.wait(5)
    assert told[-1].state == "failed"
    assert told[-1].text.startswith("The address could not be reached")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://example.org/live/key",
        "rtmpt://example.org/live/key",
        "file:///etc/passwd",
        "rtmp://",
        "rtmp:///live/key",
        "rtmp://example.org",
        "rtmp://example.org/live",
        "rtmp://example.org:99999/live/key",
        "rtmp://example.org/live/key swfUrl=x",
        "rtmp://example.org/live/key\r\nx",
        "rtmp://[::1/live/key",
        "rtmp://example.org/live/" + "k" * 2000,
    ],
)
def test_what_is_no_address_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read_target(url)
    assert "key" not in str(refused.value.args[0]).replace("its key", "")


def test_an_address_is_taken_apart() -> None:
    target = read_target("rtmps://a.example.org/live/x/key?token=1")
    assert (target.host, target.port, target.app) == ("a.example.org", 443, "live/x")
    assert target.key == "key?token=1"
    assert target.place == "rtmps://a.example.org:443/live/x"
    assert "token" not in repr(target)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "169.254.169.254", "[::]"])
def test_the_server_itself_is_out_of_bounds(host: str) -> None:
    told: list[Report] = []
    pushed = Rtmp(read_target(f"rtmp://{host}:9/live/key"), tell=told.append)
    play_to(pushed, (one for one in reel() if one.at < 7 * SECOND + SECOND // 10))
    assert pushed.wait(5)
    assert told[-1].state == "failed"
    assert "the server itself" in told[-1].text


def test_messages_survive_chunks_of_any_size() -> None:
    long = bytes(range(256)) * 40
    sent = [Message(9, long, 1, 40), Message(20, b"", 0), Message(8, b"abc", 1, 20_000_000)]
    data = write_message(Message(1, (4096).to_bytes(4, "big")), 2)
    data += b"".join(write_message(one, 4) for one in sent)
    for size in (1, 7, 4096, len(data)):
        reader = ChunkReader()
        got = [m for i in range(0, len(data), size) for m in reader.push(data[i : i + size])]
        assert [(m.kind, m.data, m.stream) for m in got[1:]] == [
            (m.kind, m.data, m.stream) for m in sent
        ]


def test_values_survive_and_broken_ones_are_refused() -> None:
    values = ["onStatus", 5.0, None, {"level": "error", "deep": {"yes": True}}]
    data = write_values(*values)  # type: ignore[arg-type]
    assert read_values(data) == values
    for end in range(1, len(data)):
        try:
            assert read_values(data[:end]) == values[: len(read_values(data[:end]))]
        except UnreadableMedia:
            continue
    assert read_values(b"\x0b123") == [], "dates are not read"
