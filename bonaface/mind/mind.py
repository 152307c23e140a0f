"""What every mind is: words heard go in, sentences to say come out as they are thought."""

from collections.abc import Iterator
from typing import Protocol


class Mind(Protocol):
    """One side of one conversation: synchronous, owned by one worker thread.

    The iterators think while they are read. A session that is interrupted closes the one it reads
    (`close()` of a generator), and then tells with `told` how far the listener got: from then on
    the mind knows that only those words were heard.
    """

    @property
    def patience(self) -> float | None:
        """Seconds of silence after its words after which `push("")` is wanted; None for never."""
        ...

    @property
    def ended(self) -> bool:
        """Whether the conversation is over: nothing that is pushed is answered any more."""
        ...

    def greet(self) -> Iterator[str]:
        """What it says before anything was heard; nothing, when it lets the other begin."""
        ...

    def push(self, heard: str) -> Iterator[str]:
        """Answer what was heard, sentence by sentence; "" means that nothing was, for long."""
        ...

    def told(self, heard: str) -> None:
        """Only these words of the last answer were heard ("" for none); the rest never was said."""
        ...

    def reset(self) -> None:
        """Forget the whole conversation: the next call begins a new one."""
        ...
