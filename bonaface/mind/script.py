"""Scenarios as written in YAML, read and checked; docs/scenarios.md says how to write one."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from itertools import chain
from pathlib import Path
from typing import Any, Final

import yaml

from bonaface.errors import ScenarioInvalid
from bonaface.mind.listening import Pattern, read_pattern, slots_of

LARGEST: Final = 256 * 1024  # characters of a file
DEEPEST: Final = 10  # blocks within blocks
SLOT: Final = re.compile(r"\{([^{}]*)\}")
TOP = {"name", "about", "start", "patience", "words", "slots", "anywhere", "states"}
STATE = {"say", "listen", "otherwise", "then", "silence", "end"}
RULE = {"hear", "say", "again", "to", "set", "when"}


class Block(dict[str, Any]):
    """A mapping of the file, which knows its line."""

    line = 0


@dataclass(frozen=True, slots=True)
class Rule:
    """When one of the patterns is heard, and the slots are so: say one of these."""

    hear: tuple[Pattern, ...]
    say: tuple[str, ...] = ()
    again: tuple[str, ...] = ()  # from the second time on
    to: str | None = None
    set: tuple[tuple[str, str], ...] = ()
    when: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class State:
    """A place in the conversation."""

    name: str
    say: tuple[str, ...] = ()  # on arriving, one of them
    listen: tuple[Rule, ...] = ()
    otherwise: tuple[str, ...] = ()  # when nothing was understood: the first time, the second ...
    then: str | None = None  # where to go when these have run out
    silence: tuple[str, ...] = ()  # when nobody spoke, in turn
    end: bool = False


@dataclass(frozen=True, slots=True)
class Script:
    """A whole scenario."""

    name: str
    about: str
    start: str
    patience: float  # s
    slots: tuple[tuple[str, str], ...]
    anywhere: tuple[Rule, ...]
    states: Mapping[str, State]


def shipped() -> tuple[str, ...]:
    """The names of the scenarios that come with the program."""
    folder = files("bonaface.mind") / "scenarios"
    return tuple(sorted(f.name[:-5] for f in folder.iterdir() if f.name.endswith(".yaml")))


def open_script(name: str | Path) -> Script:
    """A shipped scenario by name, or a file. Raises ScenarioInvalid."""
    known = shipped()
    if isinstance(name, str) and name in known:
        text = (files("bonaface.mind") / "scenarios" / f"{name}.yaml").read_text("utf-8")
        return read_script(text, f"{name}.yaml")
    try:
        with Path(name).open(encoding="utf-8") as file:
            text = file.read(LARGEST + 1)
    except (OSError, UnicodeDecodeError) as cause:
        remedy = f"Give a YAML file, or one of: {', '.join(known)}."
        raise ScenarioInvalid(f"The scenario {name} cannot be read: {cause}.", remedy) from cause
    return read_script(text, Path(name).name)


def read_script(text: str, source: str = "scenario") -> Script:
    """A scenario of its text. Raises ScenarioInvalid, which names the line."""
    if len(text) > LARGEST:
        remedy = f"Keep it below {LARGEST // 1024} KB."
        raise ScenarioInvalid(f"{source} is too long for a scenario.", remedy)
    return _Reader(source).script(_parse(text, source))


def _parse(text: str, source: str) -> Any:
    """The file as blocks, lists and strings: nothing in it can make anything else."""
    try:
        depth = 0
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            if isinstance(event, yaml.AliasEvent):
                raise _wrong(source, event.start_mark.line + 1, "aliases (*) are not allowed")
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            if depth > DEEPEST:
                raise _wrong(source, event.start_mark.line + 1, "blocks are too deep")
        return _plain(yaml.compose(text, Loader=yaml.SafeLoader), source)
    except yaml.YAMLError as cause:
        mark = getattr(cause, "problem_mark", None)
        problem = getattr(cause, "problem", None) or "it is not YAML"
        raise _wrong(source, mark.line + 1 if mark else 1, problem) from cause


def _plain(node: Any, source: str) -> Any:
    if isinstance(node, yaml.MappingNode):
        block = Block()
        block.line = node.start_mark.line + 1
        for key, value in node.value:
            name = _plain(key, source)
            if not isinstance(name, str) or name in block:
                raise _wrong(source, key.start_mark.line + 1, f"{name} is there twice")
            block[name] = _plain(value, source)
        return block
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, source) for item in node.value]
    return "" if node is None else node.value


def _wrong(source: str, line: int, what: str) -> ScenarioInvalid:
    return ScenarioInvalid(f"{source}, line {line}: {what}.", "docs/scenarios.md describes them.")


class _Reader:
    """Makes the values, and knows the file's name, its words and its slots."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._words: dict[str, frozenset[str]] = {}
        self._slots: set[str] = set()

    def script(self, top: Any) -> Script:
        """The whole."""
        block = self._block(top, TOP, "the scenario", 1)
        self._words = {
            word: frozenset([word, *self._lines(block, "words", same)])
            for word, same in self._inner(block, "words").items()
        }
        slots = self._pairs(block, "slots")
        states = self._inner(block, "states")
        if not states:
            raise self._fail(block, "states are missing")
        script = Script(
            self._text(block, "name"),
            self._text(block, "about"),
            self._text(block, "start") or next(iter(states)),
            self._seconds(block),
            slots,
            self._rules(block, "anywhere"),
            {name: self._state(name, state, states) for name, state in states.items()},
        )
        self._check(script, block)
        return script

    def _state(self, name: str, given: Any, states: Block) -> State:
        block = self._block(given, STATE, f"the state {name!r}", states.line)
        end = self._text(block, "end")
        if end not in {"", "yes", "no", "true", "false"}:
            raise self._fail(block, f"state {name!r}: end is yes or no, not {end!r}")
        return State(
            name,
            self._lines(block, "say"),
            self._rules(block, "listen"),
            self._lines(block, "otherwise"),
            self._text(block, "then") or None,
            self._lines(block, "silence"),
            end in {"yes", "true"},
        )

    def _rules(self, block: Block, key: str) -> tuple[Rule, ...]:
        given = block.get(key, [])
        if not isinstance(given, list):
            raise self._fail(block, f"{key} is a list of rules, each with - before it")
        return tuple(self._rule(item, block.line) for item in given)

    def _rule(self, given: Any, line: int) -> Rule:
        block = self._block(given, RULE, "a rule", line)
        patterns = []
        for text in self._lines(block, "hear"):
            try:
                patterns.append(read_pattern(text, self._words))
            except ValueError as cause:
                raise self._fail(block, f"hear {text!r}: {cause}") from cause
        if not patterns:
            raise self._fail(block, "a rule without `hear` is never used")
        self._slots.update(chain.from_iterable(slots_of(pattern) for pattern in patterns))
        made = self._pairs(block, "set")
        self._slots.update(name for name, _ in made)
        return Rule(
            tuple(patterns),
            self._lines(block, "say"),
            self._lines(block, "again"),
            self._text(block, "to") or None,
            made,
            self._pairs(block, "when"),
        )

    def _check(self, script: Script, block: Block) -> None:
        """Every state that is named exists, and every slot that is said can be filled."""
        known = self._slots | {name for name, _ in script.slots}
        wanted = [(script.start, "start")]
        for state in script.states.values():
            wanted += [(rule.to, f"state {state.name!r}") for rule in state.listen if rule.to]
            wanted += [(state.then, f"state {state.name!r}")] if state.then else []
            if not (state.end or state.listen or script.anywhere):
                raise self._fail(block, f"state {state.name!r} listens for nothing and is no end")
        wanted += [(rule.to, "anywhere") for rule in script.anywhere if rule.to]
        for target, where in wanted:
            if target not in script.states:
                raise self._fail(block, f"{where} leads to {target!r}, which is no state")
        for line in _all_lines(script):
            for slot in SLOT.findall(line):
                if slot not in known:
                    raise self._fail(block, f"{line!r} says {{{slot}}}, which nothing fills")

    def _block(self, given: Any, keys: set[str], what: str, line: int) -> Block:
        if not isinstance(given, Block):
            raise _wrong(self._source, line, f"{what} is a block of `key: value`")
        for key in given:
            if key not in keys:
                known = ", ".join(sorted(keys))
                raise self._fail(given, f"{what} has no {key!r}; it may have {known}")
        return given

    def _inner(self, block: Block, key: str) -> Block:
        given = block.get(key) or Block()
        if not isinstance(given, Block):
            raise self._fail(block, f"{key} is a block of `key: value`")
        given.line = given.line or block.line
        return given

    def _pairs(self, block: Block, key: str) -> tuple[tuple[str, str], ...]:
        inner = self._inner(block, key)
        return tuple((name, self._text(inner, name)) for name in inner)

    def _text(self, block: Block, key: str) -> str:
        given = block.get(key, "")
        if not isinstance(given, str):
            raise self._fail(block, f"{key} is a text")
        return " ".join(given.split())

    def _lines(self, block: Block, key: str, given: Any = None) -> tuple[str, ...]:
        given = block.get(key, []) if given is None else given
        lines = [given] if isinstance(given, str) else given
        if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
            raise self._fail(block, f"{key} is a text or a list of texts")
        return tuple(" ".join(line.split()) for line in lines if line.strip())

    def _seconds(self, block: Block) -> float:
        text = self._text(block, "patience") or "12"
        if not re.fullmatch(r"\d{1,4}(\.\d+)?", text) or float(text) < 1:
            raise self._fail(block, f"patience is a number of seconds, 1 or more, not {text!r}")
        return float(text)

    def _fail(self, block: Block, what: str) -> ScenarioInvalid:
        return _wrong(self._source, block.line, what)


def _all_lines(script: Script) -> Iterator[str]:
    rules = [*script.anywhere]
    for state in script.states.values():
        yield from (*state.say, *state.otherwise, *state.silence)
        rules += state.listen
    for rule in rules:
        yield from (*rule.say, *rule.again)
