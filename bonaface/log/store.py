"""The log in one SQLite file, private to the user and safe with several processes.

Write-ahead, one transaction an entry: a killed process or a full disk leaves the entries before.
Each call opens the file anew (a third of a millisecond), so threads and forks share nothing.
"""

import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from bonaface import vault
from bonaface.config import settings
from bonaface.errors import KeysError
from bonaface.log.entry import BEGIN, SALT, Content, Entry, Kind, as_kind

VERSION: Final = 1
PATIENCE: Final = 10.0  # s to wait for another process that writes
MOST: Final = 10  # entries of one look-up
_SCHEMA: Final = """
CREATE TABLE entries (number INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL,
    at TEXT NOT NULL, commitment TEXT NOT NULL, previous TEXT NOT NULL, hash TEXT NOT NULL);
CREATE TABLE contents (number INTEGER PRIMARY KEY, salt BLOB NOT NULL, manifest TEXT NOT NULL,
    record TEXT NOT NULL, digest TEXT NOT NULL, note TEXT NOT NULL, body BLOB NOT NULL);
CREATE TABLE marks (value TEXT NOT NULL, algorithm TEXT NOT NULL, number INTEGER NOT NULL,
    PRIMARY KEY (value, algorithm, number)) WITHOUT ROWID;
CREATE INDEX marks_of ON marks (number);
CREATE INDEX manifests ON contents (manifest) WHERE manifest != '';
CREATE INDEX records ON contents (record) WHERE record != '';
"""
_ENTRY: Final = """SELECT e.number, e.kind, e.at, e.commitment, e.previous, e.hash,
    c.salt, c.manifest, c.record, c.digest, c.note, c.body
    FROM entries e LEFT JOIN contents c ON c.number = e.number """


def log_path() -> Path:
    """Where the log of this installation is."""
    return settings().home / "log.db"


def append(kind: Kind, content: Content, marks: tuple[tuple[str, str], ...] = ()) -> Entry:
    """Write an entry for good: once this returns, it is on the disk. Raises KeysError."""
    with _opened(make=True) as log, _writing(log):
        return _append(log, kind, content, marks)


def find_mark(value: str, algorithm: str = "", most: int = MOST) -> tuple[Entry, ...]:
    """The entries to which a hidden mark leads, the newest first. `value` is hex, any case.

    Raises KeysError when the log cannot be read.
    """
    where = "WHERE e.number IN (SELECT number FROM marks WHERE value = ? AND ? IN ('', algorithm))"
    return _select(f"{where} ORDER BY e.number DESC LIMIT ?", value.lower(), algorithm, most)


def has_mark(value: str, algorithm: str) -> bool:
    """Tell whether there is any entry of a mark. Raises KeysError when the log cannot be read."""
    with _opened() as log:
        if log is None:
            return False
        query = "SELECT 1 FROM marks WHERE value = ? AND algorithm = ?"
        return log.execute(query, (value.lower(), algorithm)).fetchone() is not None


def find_manifest(manifest: str) -> Entry | None:
    """The entry that keeps the manifest of this urn. Raises KeysError."""
    where = "WHERE c.manifest = ? AND c.manifest != '' ORDER BY e.number DESC LIMIT 1"
    return next(iter(_select(where, manifest)), None)


def find_record(record: str) -> tuple[Entry, ...]:
    """Every entry that names a consent record, the oldest first. Raises KeysError."""
    return _select("WHERE c.record = ? AND c.record != '' ORDER BY e.number", record)


def numbers_before(end: datetime) -> tuple[int, ...]:
    """The numbers of all entries that were written before a moment. Raises KeysError."""
    with _opened() as log:
        if log is None:
            return ()
        query = "SELECT number FROM entries WHERE at < ?"
        return tuple(row[0] for row in log.execute(query, (end.astimezone(UTC).isoformat(),)))


def list_entries(after: int = 0, most: int = 1000) -> tuple[Entry, ...]:
    """Entries in the order in which they were written. Raises KeysError."""
    return _select("WHERE e.number > ? ORDER BY e.number LIMIT ?", after, most)


def erase(numbers: tuple[int, ...]) -> int:
    """Empty entries, and write down that it was done; answers how many had a content.

    The chain stays whole: what a mark leads to is then an entry without a manifest. What says
    that a consent was taken back cannot be erased. Raises KeysError.
    """
    erased = 0
    with _opened() as log:
        if log is None:
            return 0
        log.execute("PRAGMA secure_delete = ON")
        with _writing(log):
            for number in numbers:
                kinds = ("manifest", "session")
                query = "SELECT 1 FROM entries JOIN contents USING (number) WHERE number = ? "
                if log.execute(query + "AND kind IN (?, ?)", (number, *kinds)).fetchone():
                    log.execute("DELETE FROM contents WHERE number = ?", (number,))
                    _append(log, "erased", Content(note=str(number)), ())
                    erased += 1
        log.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # or the bytes would linger there
    return erased


def raw_rows(after: int, most: int) -> list[tuple[Entry, str, bytes | None]]:
    """Entries with the hash that is written beside each, and its salt: for the audit."""
    with _opened() as log:
        if log is None:
            return []
        query = f"{_ENTRY} WHERE e.number > ? ORDER BY e.number LIMIT ?"
        rows = log.execute(query, (after, most)).fetchall()
        return [(_entry(log, row), row[5], row[6]) for row in rows]


def last_number() -> int:
    """The number of the newest entry there ever was, as SQLite counts. Raises KeysError."""
    with _opened() as log:
        if log is None:
            return 0
        row = log.execute("SELECT seq FROM sqlite_sequence WHERE name = 'entries'").fetchone()
        return int(row[0]) if row else 0


def check_pages() -> str:
    """What SQLite itself finds wrong with the file; "" for nothing. Raises KeysError."""
    with _opened() as log:
        found = "ok" if log is None else str(log.execute("PRAGMA quick_check(1)").fetchone()[0])
    return "" if found == "ok" else found


def _append(
    log: sqlite3.Connection, kind: Kind, content: Content, marks: tuple[tuple[str, str], ...]
) -> Entry:
    last = log.execute("SELECT number, hash FROM entries ORDER BY number DESC LIMIT 1").fetchone()
    number, previous = (last[0] + 1, last[1]) if last else (1, BEGIN)
    salt = secrets.token_bytes(SALT)
    kept = tuple(sorted((algorithm, value.lower()) for algorithm, value in marks))
    now = datetime.now(UTC).replace(microsecond=0)
    entry = Entry(number, kind, now, kept, content.commit(salt), previous, content)
    log.execute(
        "INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?)",
        (number, kind, now.isoformat(), entry.commitment, previous, entry.hash),
    )
    said = (content.manifest, content.record, content.digest, content.note, content.body)
    log.execute("INSERT INTO contents VALUES (?, ?, ?, ?, ?, ?, ?)", (number, salt, *said))
    rows = [(value, algorithm, number) for algorithm, value in kept]
    log.executemany("INSERT OR IGNORE INTO marks VALUES (?, ?, ?)", rows)
    return entry


def _select(where: str, *values: Any) -> tuple[Entry, ...]:
    with _opened() as log:
        if log is None:
            return ()
        return tuple(_entry(log, row) for row in log.execute(_ENTRY + where, values).fetchall())


def _entry(log: sqlite3.Connection, row: Any) -> Entry:
    number, kind, at, commitment, previous, _, salt, *said = row
    query = "SELECT algorithm, value FROM marks WHERE number = ? ORDER BY algorithm, value"
    marks = tuple(map(tuple, log.execute(query, (number,)).fetchall()))
    content = None if salt is None else Content(*said)
    when = datetime.fromisoformat(at)
    return Entry(number, as_kind(kind), when, marks, commitment, previous, content)


@contextmanager
def _opened(*, make: bool = False) -> Iterator[Any]:
    """A connection; None where there is no log yet and none is to be made."""
    path = log_path()
    try:
        if not path.exists() and not make:
            yield None
            return
        _make_private(path)
        with closing(sqlite3.connect(path, timeout=PATIENCE, isolation_level=None)) as log:
            _prepare(log, path)
            yield log
    except (sqlite3.Error, OSError, ValueError, TypeError) as error:
        raise _unusable(path, error) from error


def _make_private(path: Path) -> None:
    """An empty file that only its owner may read; SQLite's companions take its mode."""
    if not path.exists():
        vault.create_private(path, b"")
    if os.name == "posix" and path.stat().st_mode & 0o077:
        raise KeysError(f"Others on this machine may read {path}.", f"Run: chmod 600 {path}")


def _prepare(log: sqlite3.Connection, path: Path) -> None:
    log.execute("PRAGMA synchronous = FULL")
    version = int(log.execute("PRAGMA user_version").fetchone()[0])
    if version == 0:
        log.execute("PRAGMA journal_mode = WAL")
        with _writing(log):
            if not log.execute("PRAGMA user_version").fetchone()[0]:  # nobody was faster
                for statement in filter(str.strip, _SCHEMA.split(";")):
                    log.execute(statement)
                log.execute(f"PRAGMA user_version = {VERSION}")
    elif version != VERSION:
        raise KeysError(f"{path} was written by another version of Bonaface.", "Use that one.")


@contextmanager
def _writing(log: sqlite3.Connection) -> Iterator[None]:
    """One transaction: all of it or nothing."""
    log.execute("BEGIN IMMEDIATE")
    try:
        yield
        log.execute("COMMIT")
    finally:
        if log.in_transaction:
            log.execute("ROLLBACK")


def _unusable(path: Path, error: Exception) -> KeysError:
    if isinstance(error, sqlite3.OperationalError | OSError):
        why = getattr(error, "strerror", None) or str(error)
        return KeysError(
            f"The log {path} could not be used: {why}.",
            "Make room on the disk, see that you may write there, and try again.",
        )
    return KeysError(
        f"The log {path} is damaged: {error}.",
        "Put a copy in its place, or move it away: another is begun then, and keep the old one.",
    )
