"""A scripted conversation: what was heard decides what is said next. Needs no model, no network."""

from collections.abc import Iterator, Sequence
from random import Random
from typing import Final

from bonaface.mind.listening import Found, Heard, read_pattern, split_words
from bonaface.mind.script import SLOT, Rule, Script, State
from bonaface.mind.sentences import split_sentences

CANDID: Final = (
    "To be open about it: I am an artificial intelligence, and this face and voice are made by a "
    "computer. I am playing a part in a practice conversation."
)
ASKED: Final = tuple(
    read_pattern(text, {})
    for text in (
        "are you real|human|ai|robot|bot|computer|machine|artificial|program",
        "am i talking|speaking * human|ai|robot|bot|computer|machine|person",
        "is this an ai|robot|bot|computer|recording",
    )
)
REPEAT: Final = tuple(
    read_pattern(text, {})
    for text in (
        "say|repeat that|it again", "repeat that|please", "what did you say", "pardon",
        "didn't hear|catch|get that|you", "come again", "one more time",
    )
)  # fmt: skip
SORRY: Final = ("Sorry, I did not quite get that.", "I am afraid I do not understand.")
ANSWERS: Final = 2  # questions answered at once
LITTLE: Final = 0.5  # of an answer heard: less, and it was not


class Scenario:
    """Mind that follows a script. The same seed and the same words give the same conversation.

    What is asked best comes first; a second question in the same breath is answered too.
    Whoever asks whether it is an AI is told so, whatever the script says.
    """

    def __init__(self, script: Script, seed: int = 0) -> None:
        self._script, self._seed = script, seed
        self.reset()

    @property
    def patience(self) -> float | None:
        """Seconds of silence after which it wants `push("")`."""
        return None if self.ended else self._script.patience

    @property
    def ended(self) -> bool:
        """Whether the script has come to an end."""
        return self._state.end

    @property
    def state(self) -> str:
        """The name of the state it is in."""
        return self._state.name

    @property
    def slots(self) -> dict[str, str]:
        """What it remembers."""
        return dict(self._slots)

    def reset(self) -> None:
        """Begin again."""
        self._random = Random(self._seed)
        self._slots = dict(self._script.slots)
        self._state: State = self._script.states[self._script.start]
        self._used: set[Rule] = set()
        self._last: dict[tuple[str, ...], str] = {}  # the variant used last
        self._misses = self._silences = 0
        self._answer, self._fresh, self._unheard = "", set[Rule](), False

    def greet(self) -> Iterator[str]:
        """What the first state says."""
        return self._give([self._choose(self._state.say)])

    def push(self, heard: str) -> Iterator[str]:
        """Answer what was heard; "" is silence. The answer is decided before it is read."""
        if self.ended:
            return iter(())
        self._fresh = set()
        if not heard.strip():
            return self._give([self._after_silence()])
        return self._give(self._answer_to(split_words(heard)))

    def told(self, heard: str) -> None:
        """Only these words were heard: what was not may be asked, and is told, again."""
        if len(heard) < LITTLE * len(self._answer):
            self._used -= self._fresh
            self._unheard = True

    def _give(self, lines: Sequence[str]) -> Iterator[str]:
        answer = " ".join(line for line in lines if line)
        if answer:
            self._answer = answer
        return split_sentences([answer])

    def _answer_to(self, words: tuple[Heard, ...]) -> list[str]:
        self._silences = 0
        if any(pattern.find(words) for pattern in ASKED):
            return [CANDID]
        rules = self._find(words)
        if not rules and (self._unheard or any(pattern.find(words) for pattern in REPEAT)):
            self._unheard = False
            return [self._answer]
        self._unheard = False
        if not rules:
            return self._miss()
        self._misses = 0
        return [line for rule, found in rules for line in self._use(rule, found)]

    def _find(self, words: tuple[Heard, ...]) -> list[tuple[Rule, Found]]:
        """The rules that fit best, without sharing a word; the state's own before the others."""
        fitting = []
        for order, rule in enumerate((*self._state.listen, *self._script.anywhere)):
            if any(self._slots.get(name, "") != value for name, value in rule.when):
                continue
            founds = [found for pattern in rule.hear if (found := pattern.find(words))]
            if founds:
                best = max(founds, key=lambda found: found.score)
                fitting.append((-best.score - (0.5 if rule in self._state.listen else 0), order,
                                rule, best))  # fmt: skip
        fitting.sort(key=lambda item: item[:2])
        chosen: list[tuple[Rule, Found]] = []
        for _, _, rule, found in fitting:
            free = not any(found.places & other.places for _, other in chosen)
            if free and len(chosen) < ANSWERS and not (chosen and (rule.to or chosen[0][0].to)):
                chosen.append((rule, found))
        return chosen

    def _use(self, rule: Rule, found: Found) -> list[str]:
        self._slots.update((*rule.set, *found.slots))
        lines = rule.again if rule in self._used and rule.again else rule.say
        if rule not in self._used:
            self._used.add(rule)
            self._fresh.add(rule)
        said = [self._choose(lines)]
        return [*said, self._go(rule.to)] if rule.to else said

    def _go(self, name: str) -> str:
        self._state = self._script.states[name]
        self._misses = 0
        return self._choose(self._state.say)

    def _miss(self) -> list[str]:
        lines = self._state.otherwise or SORRY
        self._misses += 1
        if self._misses >= len(lines) and self._state.then:
            return [self._fill(lines[-1]), self._go(self._state.then)]
        return [self._fill(lines[min(self._misses, len(lines)) - 1])]

    def _after_silence(self) -> str:
        lines = self._state.silence
        self._silences += 1
        return self._fill(lines[self._silences - 1]) if self._silences <= len(lines) else ""

    def _choose(self, lines: tuple[str, ...]) -> str:
        """One of those that say most of what is remembered, but not the one said last."""
        ready = [line for line in lines if all(self._slots.get(s) for s in SLOT.findall(line))]
        most = max((len(SLOT.findall(line)) for line in ready), default=0)
        ready = [line for line in ready if len(SLOT.findall(line)) == most]
        if len(ready) > 1:
            ready = [line for line in ready if line != self._last.get(lines)]
        line = self._random.choice(ready) if ready else ""
        self._last[lines] = line
        return self._fill(line)

    def _fill(self, line: str) -> str:
        return SLOT.sub(lambda slot: self._slots.get(slot[1], ""), line)
