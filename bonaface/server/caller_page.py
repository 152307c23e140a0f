"""What the page of a caller and the server say to each other on the data channel, as JSON.

The server: `asked` (a check is wanted), `challenge` (do this), `over`. The page: `agree` (with what
the caller can do), `begin` (the challenge with this nonce is shown now), `camera` (what the camera
says of itself), `next` (it was shown to its end), `decline`.
"""

import json
from collections.abc import Callable
from functools import partial
from typing import Any, TypeAlias

from bonaface.core import SECOND, Time
from bonaface.forensics.caller import CallerCheck
from bonaface.forensics.liveness.abilities import Abilities
from bonaface.forensics.liveness.challenge import Challenge

Work: TypeAlias = Callable[[], Any]
Tell: TypeAlias = Callable[[str], Any]
ASKED = json.dumps({"type": "asked"})


def read(message: str, check: CallerCheck, now: Time, tell: Tell) -> Work | None:
    """What is to be done about a message that came `now`; None for one that makes no sense.

    What follows for the page is told with `tell`, in the thread that does the work.
    """
    try:
        said = json.loads(message)
    except (ValueError, RecursionError):
        return None
    said = said if isinstance(said, dict) else {}
    acts: dict[Any, Work] = {
        "agree": lambda: tell(write(check.ask(_able(said), now))),
        "begin": partial(check.begin, str(said.get("nonce")), now),
        "camera": partial(check.note, said),
        "next": lambda: tell(write(check.go_on(now))),
        "decline": check.decline,
    }
    kind = said.get("type")
    return acts.get(kind) if isinstance(kind, str) else None


def write(challenge: Challenge | None) -> str:
    """Tell a page what to show; None: the check is over."""
    if challenge is None:
        return json.dumps({"type": "over"})
    steps = [{"at": step.at / SECOND, "does": step.does} for step in challenge.steps]
    said = {
        "kind": challenge.kind,
        "nonce": challenge.nonce,
        "words": challenge.words,
        "steps": steps,
        "lasts": challenge.lasts / SECOND,
    }
    return json.dumps({"type": "challenge"} | said)


def _able(said: dict[str, Any]) -> Abilities:
    """What is not denied is possible."""
    return Abilities(*(said.get(one) is not False for one in ("flashes", "speaks", "moves")))
