"""By what a file was made, as a manifest of any maker says it: programs, steps, source types."""

from collections.abc import Iterator
from dataclasses import dataclass

from bonaface.marks.credentials.store import actions, at, listed, text

_MOST = 16  # of each; a manifest may list thousands of steps


@dataclass(frozen=True, slots=True)
class Maker:
    """What is said. Empty where nothing is."""

    name: str = ""  # the program or device that wrote the credentials, with its version
    steps: tuple[str, ...] = ()  # names of C2PA actions
    agents: tuple[str, ...] = ()  # programs and devices that are named for the steps
    sources: tuple[str, ...] = ()  # digital source types, as they stand there


UNSAID = Maker()


def read_maker(manifest: object) -> Maker:
    """Read one manifest, as `Reader.json()` gives it: claims of version 1 and 2."""
    done = list(actions(manifest))
    return Maker(
        _generator(manifest),
        _once(text(at(action, "action")) for action in done),
        _once(_name(at(action, "softwareAgent")) for action in done),
        _once(text(at(action, "digitalSourceType")) for action in done),
    )


def _generator(manifest: object) -> str:
    """Claims of version 1 may only have a string like that of a browser."""
    infos = listed(at(manifest, "claim_generator_info"))
    return (_name(infos[0]) if infos else "") or text(at(manifest, "claim_generator"))


def _name(agent: object) -> str:
    """An agent is a name, or an object with a name and a version (C2PA 2.4, section 18.15)."""
    if isinstance(agent, str):
        return text(agent)
    return f"{text(at(agent, 'name'))} {text(at(agent, 'version'))}".strip()


def _once(found: Iterator[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one for one in found if one))[:_MOST]
