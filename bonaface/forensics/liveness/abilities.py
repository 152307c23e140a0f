"""What a caller can and wants to do: nobody fails for what they cannot do."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Abilities:
    """What may be asked of a caller."""

    flashes: bool = True  # is not sensitive to changing light
    speaks: bool = True
    moves: bool = True  # can turn the head, and pass a hand before the face
