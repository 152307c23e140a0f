"""Is the log whole? Every entry is hashed again; one that is missing or was changed is named.

A chain shows what was altered in the middle. Whoever can write the file can also write a new
chain from the altered place on, or cut off its end: against that, keep the head elsewhere now and
then (`Audit.head`), and ask for it later.
"""

from dataclasses import dataclass

from bonaface.log import store
from bonaface.log.entry import BEGIN, Entry

_AT_ONCE = 500  # entries in memory


@dataclass(frozen=True, slots=True)
class Audit:
    """What was found."""

    entries: int
    erased: int  # contents that were erased, as the log itself says
    head: str  # hash of the newest entry
    problems: tuple[str, ...]  # sentences, each names the entry
    known: bool = True  # whether the head that was asked for is in the chain


@dataclass(slots=True)
class _Walk:
    problems: list[str]
    emptied: set[int]  # entries without a content
    noted: set[int]  # entries that the log says were erased
    last: int = 0
    head: str = BEGIN
    count: int = 0

    def step(self, entry: Entry, written: str, salt: bytes | None) -> None:
        """Check one entry against the one before."""
        number, self.count = entry.number, self.count + 1
        if number != self.last + 1:
            self.problems.append(_gone(self.last + 1, number - 1))
        elif entry.previous != self.head:
            self.problems.append(
                f"Entry {number} does not follow entry {number - 1}: one of the two was changed."
            )
        if entry.hash != written:
            self.problems.append(f"Entry {number} was changed.")
        if entry.content is None or salt is None:
            self.emptied.add(number)
        elif entry.content.commit(salt) != entry.commitment:
            self.problems.append(f"The content of entry {number} was changed.")
        elif entry.kind == "erased" and entry.content.note.isdigit():
            self.noted.add(int(entry.content.note))
        self.last, self.head = number, written


def audit(head: str = "") -> Audit:
    """Walk through the whole log. `head` is a hash that an earlier audit gave, or "".

    Raises KeysError when the log cannot be read at all.
    """
    walk, known = _Walk([], set(), set()), not head
    if broken := store.check_pages():
        walk.problems.append(f"The file is damaged ({broken}).")
    while rows := store.raw_rows(walk.last, _AT_ONCE):
        for row in rows:
            walk.step(*row)
            known = known or walk.head == head.lower()
    if (newest := store.last_number()) > walk.last:
        walk.problems.append(_gone(walk.last + 1, newest))
    for number in sorted(walk.emptied - walk.noted):
        walk.problems.append(f"The content of entry {number} was taken out.")
    if not known:
        walk.problems.append(f"The entry with the hash {head} is not in it any more.")
    erased = len(walk.emptied & walk.noted)
    return Audit(walk.count, erased, walk.head, tuple(walk.problems), known)


def _gone(first: int, last: int) -> str:
    which = f"Entry {first} is" if first == last else f"Entries {first} to {last} are"
    return f"{which} missing."
