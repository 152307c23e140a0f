"""Lips from phones whose times are known: what a voice that was asked to speak gives.

`lips_from_phones` is the curve itself; `PhoneMouth` runs it sentence by sentence.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bonaface.avatar.mouth.dominance import Segment, blend, stress
from bonaface.avatar.mouth.loudness import Loudness, hush
from bonaface.avatar.mouth.visemes import INHALED, REST, find_visemes
from bonaface.avatar.pose import LIPS, Lips
from bonaface.core import SECOND, Phone, Sound, Time

Floats = NDArray[np.float32]
RATE: Final = 50  # lips a second
WORD_GAP = SECOND * 9 // 100  # a pause the mouth speaks through
INHALE = SECOND * 4 // 10  # the end of a pause, in which the mouth opens to breathe in
LONG_PAUSE = SECOND * 45 // 100  # shorter ones leave no time to
CONTEXT = SECOND // 2  # phones of the last sentence that still matter
LENGTH_MARKS = ("\u02d0", "\u02d1")
STRESS_MARKS = {"\u02c8": 1, "\u02cc": 2}
STRESSES = {1: 1.0, 2: 0.5}
AMPLE = 1.2  # vowels are opened wider than the least, since clear speech is read more easily
SETTLE = 5  # frames in which the mouth finds from one sentence's end into the next


@dataclass(frozen=True, slots=True, eq=False)
class Sentence:
    """What a voice says in one breath: its sound, and the phones in it on the same timeline."""

    sound: Sound
    phones: tuple[Phone, ...]


def join_marks(phones: Sequence[Phone]) -> Iterator[Phone]:
    """Give phones to which the time of length marks, stress marks and word gaps has been added."""
    held: Phone | None = None
    mark: Phone | None = None
    for phone in phones:
        if phone.symbol in STRESS_MARKS:
            mark = phone
        elif held and (phone.symbol in LENGTH_MARKS or small_gap(phone)):
            held = replace(held, until=phone.until)
        else:
            if held:
                yield held
            held = phone if mark is None else marked(phone, mark)
            mark = None
    if held:
        yield held


def fill_pauses(phones: Sequence[Phone], first: Time, until: Time) -> Iterator[Phone]:
    """Give phones end to end from before `first` to after `until`: what is missing is silence."""
    end = min(first, phones[0].at if phones else first) - CONTEXT
    for phone in phones:
        if phone.at > end:
            yield Phone(end, phone.at, "")
        yield phone
        end = phone.until
    yield Phone(end, max(end, until) + CONTEXT, "")


def breathe(phones: Iterable[Phone]) -> Iterator[Phone]:
    """Give phones with a breath drawn at the end of each long pause, as filmed speakers do."""
    pause: Phone | None = None
    for phone in phones:
        if not phone.symbol:
            pause = phone if pause is None else replace(pause, until=phone.until)
            continue
        if pause:
            yield from inhale(pause)
            pause = None
        yield phone
    if pause:
        yield pause


def inhale(pause: Phone) -> Iterator[Phone]:
    """Give a pause before a sound, with a breath at its end if it is long."""
    if pause.until - pause.at < LONG_PAUSE:
        yield pause
    else:
        yield replace(pause, until=pause.until - INHALE)
        yield replace(pause, at=pause.until - INHALE, symbol=INHALED)


def small_gap(phone: Phone) -> bool:
    """Tell whether a phone is a pause too short to rest the mouth."""
    return phone.until - phone.at < WORD_GAP and not find_visemes(phone.symbol)


def marked(phone: Phone, mark: Phone) -> Phone:
    """Give `phone` with the stress and the time of the mark before it."""
    return replace(phone, at=mark.at, stress=STRESS_MARKS[mark.symbol])


def cut(phones: Sequence[Phone], loudness: Floats | None, first: Time) -> list[Segment]:
    """Give the segments of `phones`; `loudness` is sampled every 20 ms from `first`."""
    segments = []
    for phone in join_marks(phones):
        visemes = find_visemes(phone.symbol) or (REST,)
        edges = np.linspace(phone.at / SECOND, phone.until / SECOND, len(visemes) + 1)
        size = opening(phone, loudness, first)
        weight = STRESSES.get(phone.stress, 0.0)
        for viseme, (at, until) in zip(visemes, pairwise(edges), strict=True):
            segments.append(Segment(float(at), float(until), viseme, size, weight))
            weight = 0.0
    return segments


def opening(phone: Phone, loudness: Floats | None, first: Time) -> float:
    """Give how far a sound opens the mouth: more when stressed, more when loud."""
    size = AMPLE * (0.95 + 0.10 * STRESSES.get(phone.stress, 0.0))
    if loudness is None or not len(loudness):
        return size
    begin = max(0, (phone.at - first) * RATE // SECOND)
    end = max(begin + 1, -((first - phone.until) * RATE // SECOND))
    heard = loudness[begin:end]
    return size * (0.56 + 0.60 * float(heard.max() if len(heard) else 0.73))


def count_frames(first: Time, until: Time) -> int:
    """How many 20 ms steps from `first` begin before `until`."""
    return max(0, -((first - until) * RATE // SECOND))


def lips_from_phones(
    phones: Sequence[Phone],
    until: Time,
    first: Time = 0,
    loudness: Floats | None = None,
    *,
    breath: bool = False,
) -> Floats:
    """Give the lips every 20 ms from `first` to before `until`, as (n, len(LIPS)) in 0..1.

    Phones are in order and do not overlap; between and around them the mouth rests. `loudness`
    (n,), where given, is 0 for silence to 1 for the voice's own loud: loud vowels are wider. With
    `breath` the mouth opens to draw breath before what follows a long pause.
    """
    times = (first + np.arange(count_frames(first, until)) * (SECOND // RATE)) / SECOND
    whole: Iterable[Phone] = fill_pauses(phones, first, until)
    return blend(times, cut(tuple(breathe(whole) if breath else whole), loudness, first))


class PhoneMouth:
    """Stage: sentences to lips, every 20 ms from the first sentence's start, without a break.

    A sentence gives its lips at once, up to its sound's end; the next finds from there into its
    own within 100 ms. Time that no sentence covers is rest. Breath is drawn after long pauses.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget the sentences so far; the next push sets a new start."""
        self.first: Time | None = None
        self.count = 0
        self.past: tuple[Phone, ...] = ()
        self.last = np.zeros(len(LIPS), np.float32)
        self.level = Loudness()

    def push(self, item: Sentence) -> Iterable[Lips]:
        """Give the lips of one sentence, and of the rest since the one before it."""
        if self.first is None:
            self.first = item.sound.at
        begin = self.first + self.count * SECOND // RATE
        steps = count_frames(begin, item.sound.until)
        return self.speak(item, begin, steps)

    def flush(self) -> Iterable[Lips]:
        """Bring the mouth to rest: up to 100 ms more."""
        if self.first is None or not self.last.any():
            return []
        begin = self.first + self.count * SECOND // RATE
        quiet = Sound(begin, np.zeros(RATE, np.float32), RATE)
        return self.speak(Sentence(quiet, ()), begin, SETTLE)

    def speak(self, item: Sentence, begin: Time, steps: int) -> Sequence[Lips]:
        """Make `steps` lips from `begin`."""
        loudness = self.level.measure(item.sound, begin, steps)
        until = begin + steps * SECOND // RATE
        phones = (*self.past, *item.phones)
        lips = lips_from_phones(phones, until, begin, loudness, breath=True)
        lips *= hush(item.sound, begin, steps)[:, None]
        self.ease(lips)
        times = (begin + np.arange(steps) * (SECOND // RATE)) / SECOND
        near = stress(times, cut(phones, None, begin))
        self.past = tuple(p for p in phones if p.until > until - CONTEXT)
        self.count += steps
        return [
            Lips(begin + i * SECOND // RATE, lips[i], float(loudness[i]), float(near[i]))
            for i in range(steps)
        ]

    def ease(self, lips: Floats) -> None:
        """Change `lips` so that they set out from where the last ones ended."""
        if not len(lips):
            return
        step = self.last - lips[0]
        for i in range(min(SETTLE, len(lips))):
            lips[i] += step * (1 - (i + 1) / (SETTLE + 1))
        np.clip(lips, 0, 1, out=lips)
        self.last = lips[-1].copy()
