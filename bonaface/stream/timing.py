"""How long a stage takes."""

import time
from collections.abc import Iterable
from typing import Generic, TypeVar

from bonaface.core import Stage, Time

In = TypeVar("In")
Out = TypeVar("Out")


class Timed(Generic[In, Out]):
    """A stage, and the time it took so far."""

    def __init__(self, name: str, stage: Stage[In, Out]) -> None:
        self.name, self.stage = name, stage
        self.calls = 0
        self.took: Time = 0

    def push(self, item: In) -> Iterable[Out]:
        """Push into the stage."""
        begun = time.perf_counter_ns()
        results = tuple(self.stage.push(item))
        self.took += time.perf_counter_ns() - begun
        self.calls += 1
        return results

    def flush(self) -> Iterable[Out]:
        """Flush the stage."""
        return self.stage.flush()

    def reset(self) -> None:
        """Reset the stage; its times stay."""
        self.stage.reset()
