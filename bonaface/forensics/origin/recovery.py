"""Credentials that were stripped, found again by the hidden mark: here, or where one asks.

A recovered manifest is judged apart from the file: its signature, and whether its signer is known.
That it belongs to this film follows from two things only: it names the mark that was read, and
the film looks as its fingerprints say. A mark alone can be copied (C2PA 2.4, soft binding API,
section 1.2.2.3).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast, get_args

from bonaface.consent.ledger import Status, status
from bonaface.errors import KeysError, ResolverFailed
from bonaface.forensics.origin.standing import Consent, look_up_consent
from bonaface.log.entry import Entry
from bonaface.marks.archive import archive
from bonaface.marks.archive.seen import WHOLE, Comparison, Corners, Glance, compare
from bonaface.marks.credentials.files import Credentials, read_store
from bonaface.marks.credentials.manifest import PICTURE_ALGORITHM, SEEN_ALGORITHM, SOUND_ALGORITHM

HERE = "this installation"
KNOWN = frozenset(get_args(Status)) - {"unknown"}
_ORDER = {"same": 0, "unknown": 1, "unclear": 2, "other": 3}  # which of several is taken


@dataclass(frozen=True, slots=True, eq=False)
class Sights:
    """What a checked film looks like."""

    glances: tuple[Glance, ...] = ()
    corners: Corners = WHOLE  # where those of the film that was marked lie in it


@dataclass(frozen=True, slots=True)
class Recovered:
    """Credentials to which a hidden mark led."""

    credentials: Credentials  # judged apart from any file
    manifest: str  # urn
    source: str  # HERE, or the address of a server
    comparison: Comparison
    consent: Consent = "none"
    vouched: bool = False  # whether the consent is as that server says

    @property
    def holds(self) -> bool:
        """Whether they are intact, whoever signed them."""
        return self.credentials.state in {"trusted", "valid"}

    @property
    def fits(self) -> bool:
        """Whether they hold, and nothing speaks against their belonging to this film."""
        return self.holds and self.comparison.likeness != "other"


@dataclass(frozen=True, slots=True)
class Logged:
    """The entry of a log to which a hidden mark led."""

    source: str
    kind: str  # manifest or session
    at: datetime | None  # None: kept elsewhere
    erased: bool = False
    consent: Consent = "none"


@dataclass(frozen=True, slots=True)
class Trace:
    """All to which the hidden marks led."""

    recovered: Recovered | None = None
    logged: Logged | None = None
    limits: tuple[str, ...] = ()  # sentences: who could not be asked


NO_TRACE = Trace()


@dataclass(slots=True)
class _Search:
    """Marks (algorithm, id) as they were read, and what they are looked up with."""

    marks: tuple[tuple[str, str], ...]
    sights: Sights
    now: datetime
    limits: list[str] = field(default_factory=list)

    def log(self) -> tuple[Entry, ...]:
        """The entries of this installation, those of the surest mark first."""
        try:
            for _, mark in self.marks:
                if entries := archive.find(mark):
                    self._note_twins(entries)
                    return entries
        except KeysError as error:
            self.limits.append(f"The log of this installation was not asked. {error}")
        return ()

    def _note_twins(self, entries: tuple[Entry, ...]) -> None:
        if len({entry.marks for entry in entries}) > 1:
            self.limits.append(f"{len(entries)} entries of the log share this short mark.")

    def judge(self, store: bytes, manifest: str, source: str, said: str = "") -> Recovered | None:
        """Check one manifest store; None for one that does not name the mark."""
        credentials = read_store(store)
        named = {value.lower() for _, value in credentials.said.marks}
        if not named & {mark.lower() for _, mark in self.marks}:
            self.limits.append(f"What {source} gave names another mark; it was passed over.")
            return None
        kept = [value for name, value in credentials.said.marks if name == SEEN_ALGORITHM]
        comparison = compare(kept, self.sights.glances, self.sights.corners)
        consent = look_up_consent(credentials, self.now)
        vouched = consent == "unknown" and credentials.state == "trusted" and said in KNOWN
        consent = cast("Status", said) if vouched else consent
        return Recovered(credentials, manifest, source, comparison, consent, vouched)

    def ask(self, address: str) -> Iterator[Recovered]:
        """The manifests that a server keeps for the first mark it knows."""
        from bonaface.marks.archive import resolver  # noqa: PLC0415  httpx, only where it asks

        try:
            for algorithm, mark in self.marks:
                answers = resolver.ask(address, algorithm, mark)
                for one in answers:
                    found = self.judge(one.store, one.manifest, address, one.consent)
                    if found is not None:
                        yield found
                if answers:
                    return
        except ResolverFailed as error:
            self.limits.append(f"A server was asked for stripped credentials in vain. {error}")


def _read_addresses(resolvers: tuple[str, ...]) -> list[tuple[str, str]]:
    if not resolvers:
        return []
    from bonaface.marks.archive import resolver  # noqa: PLC0415  httpx, only where it asks

    return [(one, resolver.read_address(one)) for one in resolvers]


def trace(
    picture: str | None,
    sound: str | None,
    sights: Sights,
    now: datetime,
    resolvers: tuple[str, ...] = (),
) -> Trace:
    """Follow the ids that were read to the log of this installation, and then to `resolvers`.

    Those are asked only when there is no manifest here. Nothing is raised for a log or a server
    of no use: `limits` says so. Raises SettingsError for what is no address.
    """
    addresses = _read_addresses(resolvers)
    read = ((PICTURE_ALGORITHM, picture), (SOUND_ALGORITHM, sound))
    search = _Search(tuple((name, mark) for name, mark in read if mark), sights, now)
    entries = search.log()
    logged = _logged(entries, now)
    found = [
        search.judge(entry.content.body, entry.content.manifest, HERE)
        for entry in entries
        if entry.content is not None and entry.content.body
    ]
    best = _best([one for one in found if one is not None])
    for name, _ in addresses if best is None and search.marks else ():
        best = _best(list(search.ask(name)))
        if best is not None:
            logged = logged or Logged(name, "manifest", None)
            break
    return Trace(best, logged, tuple(search.limits))


def _logged(entries: tuple[Entry, ...], now: datetime) -> Logged | None:
    """The newest entry with a content, or else the newest."""
    entry = next((one for one in entries if one.content), next(iter(entries), None))
    if entry is None:
        return None
    content = entry.content
    if content is None:
        return Logged(HERE, entry.kind, entry.at, erased=True)
    consent = status(content.record, content.digest, now) if content.record else "none"
    return Logged(HERE, entry.kind, entry.at, consent=consent)


def _best(found: list[Recovered]) -> Recovered | None:
    """The one that fits best; of equals the first, which is the newest."""
    return min(found, key=lambda one: (not one.fits, _ORDER[one.comparison.likeness]), default=None)
