"""How the program talks to a person: progress on long work, sentences on what went wrong."""

import sys
from argparse import ArgumentTypeError
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress


def say(sentence: str) -> None:
    """A sentence for the person; results go to standard output, sentences do not."""
    print(sentence, file=sys.stderr, flush=True)


def read_day(text: str) -> date:
    """Read a day of the command line."""
    try:
        return date.fromisoformat(text)
    except ValueError as cause:
        raise ArgumentTypeError(f"{text!r} is no day; write it as 2027-12-31") from cause


class Bar:
    """One line of progress. Silent where standard error is no terminal."""

    def __init__(self, progress: "Progress | None", title: str, total: float | None) -> None:
        self._progress = progress
        self._task = progress.add_task(title, total=total) if progress else None

    def advance(self, amount: float) -> None:
        """So much more is done."""
        if self._progress is not None and self._task is not None:
            self._progress.advance(self._task, amount)

    def reach(self, amount: float) -> None:
        """So much is done in all."""
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, completed=amount)


@contextmanager
def bar(
    title: str, total: float | None = None, *, size: bool = False, share: bool = False
) -> Iterator[Bar]:
    """Show progress while the block runs.

    `size` counts bytes, `share` counts from 0 to 1; otherwise seconds are counted.
    """
    if not sys.stderr.isatty():
        say(f"{title} ...")
        yield Bar(None, title, total)
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    counted = "{task.percentage:.0f} %" if share else "{task.completed:.0f} s"
    amount = DownloadColumn() if size else TextColumn(counted)
    columns = (TextColumn("{task.description}"), BarColumn(), amount, TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        yield Bar(progress, title, total)
