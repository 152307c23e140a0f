"""Do these lips make this sound? Start here.

The sound says what lips it asks for (asked.py); the film shows what they do (mouth.py); how well
the two agree, as they are and moved against each other (profile.py), gives the chance that the
sound is not of this mouth (odds.py). A dub in step, a drawn face that follows its sound and a voice
that was changed without moving its words pass this test.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bonaface.core import SECOND, Exhibit, Finding, Time
from bonaface.forensics.inspector import Seen
from bonaface.forensics.lipsync.asked import STEPS, Asked, ask, count_spoken
from bonaface.forensics.lipsync.closures import find_open, list_closures, tell
from bonaface.forensics.lipsync.curves import AT_ONCE, draw_curves, draw_strip
from bonaface.forensics.lipsync.odds import open_odds, to_chance
from bonaface.forensics.lipsync.profile import Profile, compare, only_fast
from bonaface.forensics.lipsync.window import Window
from bonaface.forensics.look import Look
from bonaface.speech.clearness import measure

SPEECH: Final = 1.5  # s that must be spoken in a window
LEAST: Final = 2.5  # s of a window
CLEAR: Final = 18.0  # dB that speech must stand out by: music 10 dB below it made lips look wrong
MUSIC: Final = 0.7  # share of what sounds like speech; talk has .78 to 1.3, songs 0 to .64
TURNED: Final = 30.0  # degrees
SMALL: Final = 20.0  # px
OFTEN: Final = 8.0  # pictures a second
STILL: Final = 0.004  # spread of the opening of lips that do not move
PLAIN, SOME = 0.45, 0.25  # agreement: 8 and 17 of 22 real clips have more
SUSPECT: Final = 0.5  # from which closures are looked for, which takes a second
CLEARER: Final = 0.15  # by which another offset must fit better to be told
GOOD: Final = (5.0, 40.0)  # s of speech and px of mouth from which more does not help


class Lipsync:
    """Inspector: one finding for each window of 2.5 to 10 s, and their sum."""

    name = "lipsync"

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget all."""
        self._window = Window()
        self._odds: list[tuple[float, float]] = []  # of each window, and its seconds
        self._reasons: dict[str, int] = {}
        self._worst: Finding | None = None
        self._quality = 0.0
        self._span: tuple[Time, Time] | None = None

    def push(self, item: Seen) -> Iterator[Finding]:
        """Take a picture with its faces, or a run of sound."""
        if not self._window.fits(item.at):
            yield from self._close()
        if isinstance(item, Look):
            self._window.see(item)
        else:
            self._window.hear(item)
        first, last = self._window.first or 0, self._window.last
        self._span = (self._span[0] if self._span else first, last)

    def flush(self) -> Iterator[Finding]:
        """Judge what is left, then all."""
        yield from self._close()
        yield self._sum()

    def _close(self) -> Iterator[Finding]:
        window, self._window = self._window, Window()
        if window.first is None:
            return
        finding = self._judge(window)
        if finding.score is None:
            self._reasons[finding.reason] = self._reasons.get(finding.reason, 0) + 1
        elif self._worst is None or finding.score > (self._worst.score or 0.0):
            self._worst = finding
        self._quality = max(self._quality, finding.quality)
        yield finding

    def _judge(self, window: Window) -> Finding:
        first = window.first or 0
        span = (first, window.last, self.name)
        if reason := refuse(window):
            return Finding(*span, None, reason, quality=0.0)
        sound = window.join()
        heard = ask(sound)
        spoken = float((heard.speech > 0.5).sum()) / STEPS
        if spoken < SPEECH:
            return Finding(*span, None, "Too little is said while the face is seen.", quality=0.0)
        if measure(np.concatenate([run.samples for run in window.runs]))[1] < CLEAR:
            return Finding(*span, None, "Noise or music covers the speech.", quality=0.0)
        sure = count_spoken(sound)
        if sure is not None and sure < MUSIC * spoken:
            return Finding(*span, None, "Music or noise is heard rather than speech.", quality=0.0)
        seen = window.trace(len(heard.opening))
        if float(only_fast(seen).std()) < STILL:
            reason = "Somebody speaks, but this mouth does not move: the voice may be another's."
            return Finding(*span, None, reason, quality=0.2)
        profile = compare(seen, heard.opening)
        odds = open_odds().weigh(profile)
        self._odds.append((odds, profile.seconds))
        chance, reason = to_chance(odds), explain(profile)
        if chance >= SUSPECT:
            reason += tell(find_open(seen, list_closures(sound)), first)
        wide = float(np.median([mouth.pixels for mouth in window.mouths]))
        return Finding(
            *span,
            chance,
            reason,
            quality=min(1.0, spoken / GOOD[0]) * min(1.0, wide / GOOD[1]),
            exhibits=tuple(show(window, seen, heard)),
        )

    def _sum(self) -> Finding:
        begin, end = self._span or (0, 0)
        if not self._odds or self._worst is None:
            reasons = sorted(self._reasons, key=lambda reason: -self._reasons[reason])
            reason = reasons[0] if reasons else "No face and no sound came together."
            return Finding(begin, end, self.name, None, reason, whole=True, quality=0.0)
        odds, seconds = np.array(self._odds).T
        score = to_chance(float(np.average(odds, weights=seconds)))
        reason = self._worst.reason
        if (many := len(self._odds)) > 1:
            agree = "agree" if score < 0.5 else "do not agree"
            reason = f"Over all, lips and sound {agree}. In the worst of {many} parts: {reason}"
        shown = self._worst.exhibits
        quality = self._quality
        return Finding(begin, end, self.name, score, reason, True, quality, shown)


def refuse(window: Window) -> str | None:
    """Say why lips and sound of a window cannot be compared."""
    mouths = window.mouths
    seconds = (window.last - (window.first or 0)) / SECOND
    turns = [abs(mouth.turn) for mouth in mouths] or [0.0]
    widths = [mouth.pixels for mouth in mouths] or [0.0]
    dark = window.dark > 0.5 * len(window.crops)
    reasons = (
        (len(mouths) <= 0.6 * window.looks, "No face is seen for long enough."),
        (not window.runs, "There is no sound."),
        (seconds < LEAST, f"{seconds:.1f} s are too short to compare lips with sound."),
        (len({m.number for m in mouths}) > 1, "The picture is cut from face to face too often."),
        (window.crowded > 0.2 * window.looks, "Several faces are seen: who speaks is not known."),
        (np.median(turns) > TURNED, "The face is turned too far away."),
        (np.median(widths) < SMALL, "The mouth is too small to see what it does."),
        (len(mouths) < OFTEN * seconds, "Too few pictures a second to follow the lips."),
        (dark, "It is too dark to see the lips."),
    )
    return next((reason for holds, reason in reasons if holds), None)


def explain(profile: Profile) -> str:
    """Say what was measured."""
    agree = (
        "opens"
        if profile.now > 0.45
        else "opens only partly"
        if profile.now > 0.25
        else "hardly opens"
    )
    text = (
        f"The mouth {agree} as the sound asks for (agreement {profile.now:.2f}; "
        "1 is full, 0 is chance)."
    )
    if profile.far > max(profile.now + CLEARER, SOME + CLEARER):
        late = "late" if profile.best > 0 else "early"
        text += (
            f" They fit best ({profile.far:.2f}) with the sound {abs(profile.best)} ms too {late}."
        )
    return text


def show(window: Window, seen: NDArray[np.floating], heard: Asked) -> Iterator[Exhibit]:
    """Draw the two curves, and the mouths where they are furthest apart."""
    first = window.first or 0
    curves = (_scale(seen), _scale(heard.opening))
    ends = (f"{first / SECOND:.1f} s", f"{first / SECOND + len(seen) / STEPS:.1f} s")
    words = (
        f"Two curves from {ends[0]} to {ends[1]}: how far the mouth is open, "
        "and how far the sound asks for it."
    )
    names = ("mouth is open", "sound asks for it")
    yield Exhibit(draw_curves(curves, names, ends), words)
    apart = np.abs(curves[0] - curves[1])
    steps = [min((at - first) * STEPS // SECOND, len(apart) - 1) for at, _ in window.crops]
    worst = sorted(np.argsort([-apart[max(0, step)] for step in steps])[:AT_ONCE].tolist())
    times = [f"{window.crops[n][0] / SECOND:.1f} s" for n in worst]
    strip = draw_strip([window.crops[n][1] for n in worst], times)
    yield Exhibit(strip, f"The mouth where it fits the sound least, at {', '.join(times)}.")


def _scale(track: NDArray[np.floating]) -> NDArray[np.float64]:
    fast = only_fast(track)
    scaled: NDArray[np.float64] = fast / max(float(fast.std()), 1e-9)
    return scaled
