"""The log: appended to by many, cut off, tampered with, erased from."""

import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bonaface.cli import main
from bonaface.errors import KeysError
from bonaface.log import store
from bonaface.log.audit import audit
from bonaface.log.entry import BEGIN, Content

pytestmark = pytest.mark.usefixtures("home")
MARK = "00112233445566ff"
WRITER = """
import sys
from bonaface.log import store
from bonaface.log.entry import Content
for index in range(int(sys.argv[1])):
    store.append("manifest", Content(body=bytes(4000)), (("a", f"{index:016x}"),))
    print(index, flush=True)
"""


def fill(count: int = 5) -> None:
    for index in range(count):
        content = Content(f"urn:c2pa:{index}", f"record-{index % 2}", "d", body=b"store" * 9)
        store.append("manifest", content, (("a", f"{index:016X}"), ("b", f"{index:08x}")))


def tamper(*statements: str) -> None:
    log = sqlite3.connect(store.log_path())
    for statement in statements:
        log.execute(statement)
    log.commit()
    log.close()


def read_all() -> None:
    """Touch every page."""
    for index in range(15):
        store.append("manifest", Content(), (("a", f"{index:016x}"),))
        store.find_mark(f"{index:016x}")
    assert not audit().problems


def test_an_entry_is_found_again() -> None:
    first = store.append("session", Content(record="r", digest="d"), (("a", MARK.upper()),))
    second = store.append("manifest", Content("urn:c2pa:x", body=b"abc"), (("a", MARK),))
    assert store.find_mark(MARK) == (second, first)
    assert store.find_mark(MARK, "a", most=1) == (second,)
    assert store.find_mark(MARK, "b") == ()
    assert store.find_mark("0" * 16) == ()
    assert store.find_manifest("urn:c2pa:x") == second
    assert store.find_manifest("") is None
    assert store.find_record("r") == (first,)
    assert (first.previous, second.previous) == (BEGIN, first.hash)
    assert audit().problems == ()


def test_no_log_is_an_empty_log(home: Path) -> None:
    assert store.find_mark(MARK) == ()
    assert audit().entries == store.last_number() == store.erase((1,)) == 0
    assert not home.exists(), "reading makes nothing"


def test_the_file_is_private(home: Path) -> None:
    fill(1)
    path = home / "log.db"
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o644)
    with pytest.raises(KeysError, match="chmod 600"):
        store.find_mark(MARK)


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("DELETE FROM entries WHERE number = 3", "Entry 3 is missing."),
        ("DELETE FROM entries WHERE number IN (2, 3)", "Entries 2 to 3 are missing."),
        ("DELETE FROM entries WHERE number = 5", "Entry 5 is missing."),
        ("UPDATE entries SET at = '2020-01-01T00:00:00+00:00' WHERE number = 2", "Entry 2 was"),
        ("UPDATE entries SET kind = 'session' WHERE number = 4", "Entry 4 was changed."),
        ("UPDATE marks SET value = 'ff' WHERE number = 1 AND algorithm = 'a'", "Entry 1 was"),
        ("DELETE FROM marks WHERE number = 5", "Entry 5 was changed."),
        ("UPDATE contents SET body = x'00' WHERE number = 2", "content of entry 2 was changed"),
        ("UPDATE contents SET record = 'r' WHERE number = 2", "content of entry 2 was changed"),
        ("DELETE FROM contents WHERE number = 2", "content of entry 2 was taken out"),
        ("UPDATE entries SET hash = 'f' WHERE number = 5", "Entry 5 was changed."),
    ],
)
def test_what_was_changed_is_named(statement: str, says: str) -> None:
    fill()
    tamper(statement)
    found = " ".join(audit().problems)
    assert says in found, found


def test_a_rewritten_entry_breaks_the_chain_after_it() -> None:
    fill()
    entry = store.list_entries(1, 1)[0]
    stranger = type(entry)(2, "manifest", entry.at, (), entry.commitment, entry.previous)
    tamper(
        "DELETE FROM marks WHERE number = 2",
        f"UPDATE entries SET hash = '{stranger.hash}' WHERE number = 2",  # noqa: S608  a test's
    )
    assert audit().problems == ("Entry 3 does not follow entry 2: one of the two was changed.",)


def test_a_head_that_was_kept_shows_a_new_chain() -> None:
    fill()
    head = audit().head
    fill(2)
    assert audit(head).problems == ()
    tamper("DELETE FROM entries WHERE number > 3", "UPDATE sqlite_sequence SET seq = 3")
    assert audit().problems == (), "which nothing in the file can show"
    assert any("not in it any more" in problem for problem in audit(head).problems)


def test_a_content_is_erased_and_the_chain_stays(home: Path) -> None:
    fill()
    secret = b"urn:c2pa:2"
    entry = store.find_mark(f"{2:016x}")[0]
    assert store.erase((entry.number, entry.number)) == 1
    emptied = store.find_mark(f"{2:016x}")[0]
    assert (emptied.content, emptied.hash) == (None, entry.hash)
    assert store.find_manifest("urn:c2pa:2") is None
    found = audit()
    assert (found.problems, found.erased, found.entries) == ((), 1, 6)
    assert all(secret not in path.read_bytes() for path in home.glob("log.db*"))
    tamper("DELETE FROM contents WHERE number = 6")  # the note of the erasure
    assert audit().problems


def test_a_revocation_cannot_be_erased() -> None:
    entry = store.append("revoked", Content(digest="d"), (("consent", "r"),))
    assert store.erase((entry.number,)) == 0
    assert store.has_mark("R", "consent")
    assert not store.has_mark("r", "a")


@pytest.mark.parametrize(
    "spoil", [lambda _: b"no database", lambda data: data[:5000] + bytes(3000)]
)
def test_a_damaged_log_says_so(home: Path, spoil: Callable[[bytes], bytes]) -> None:
    fill(15)
    path = home / "log.db"
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(KeysError, match=r"could not be used|is damaged"):
        read_all()


def test_several_processes_write_one_chain() -> None:
    work = [sys.executable, "-c", WRITER, "15"]
    children = [subprocess.Popen(work, stdout=subprocess.DEVNULL) for _ in range(3)]
    assert [child.wait() for child in children] == [0, 0, 0]
    assert (audit().entries, audit().problems) == (45, ())


def test_a_killed_writer_leaves_a_whole_log() -> None:
    for _ in range(3):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, "100000"], stdout=subprocess.PIPE
        ) as child:
            assert child.stdout is not None
            for _ in range(5):
                child.stdout.readline()
            child.send_signal(signal.SIGKILL)
            said = child.stdout.read().split()
        told = int(said[-1]) + 1 if said else 5
        assert store.last_number() >= told
    assert audit().problems == ()


@pytest.mark.skipif(sys.platform == "win32", reason="no limits of file sizes")
def test_a_full_disk_loses_nothing_that_was_kept() -> None:
    fill(3)
    limited = (
        "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (120_000, 120_000));" + WRITER
    )
    work = [sys.executable, "-c", limited, "1000"]
    done = subprocess.run(work, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "could not be used" in done.stderr
    kept = int(done.stdout.split()[-1]) + 1
    found = audit()
    assert (found.problems, found.entries) == ((), 3 + kept)
    fill(1)
    assert audit().problems == ()


def test_a_log_of_another_version_is_left_alone() -> None:
    fill(1)
    tamper("PRAGMA user_version = 9")
    with pytest.raises(KeysError, match="another version"):
        fill(1)


def test_the_command_shows_verifies_and_erases(capsys: pytest.CaptureFixture[str]) -> None:
    fill()
    assert main(["log", "show", "--last", "2"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2
    assert main(["log", "show", "--mark", f"{3:016X}", "--json"]) == 0
    assert '"manifest": "urn:c2pa:3"' in capsys.readouterr().out
    assert main(["log", "verify"]) == 0
    head = capsys.readouterr().out.split()[-1]
    assert main(["log", "erase", "--record", "record-1"]) == 0
    assert "2 entries were emptied" in capsys.readouterr().err
    day = (datetime.now(UTC) + timedelta(days=1)).date()
    assert main(["log", "erase", "--before", str(day)]) == 0
    assert "3 entries were emptied" in capsys.readouterr().err
    assert main(["log", "verify", "--head", head]) == 0
    tamper("DELETE FROM entries WHERE number = 2")
    assert main(["log", "verify"]) == 1
    assert "Entry 2 is missing." in capsys.readouterr().out
    assert main(["log", "erase", "--before", "soon"]) == 3
