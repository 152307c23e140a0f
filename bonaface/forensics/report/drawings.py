"""The drawings of the report: the scale of chance, the timeline. SVG, readable without colour."""

from html import escape
from typing import Final

from bonaface.core import SECOND, Finding, Time
from bonaface.forensics.report.overview import View
from bonaface.forensics.report.pictures import data_address
from bonaface.forensics.report.report import answer
from bonaface.forensics.verdict import Verdict
from bonaface.forensics.words import clock

WIDE: Final = 800  # units of the timeline
LEFT: Final = 132  # of them for the names
LANE: Final = 26
SUSPECT: Final = 0.9  # a moment from here on is filled
STEPS: Final = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600)  # s between ticks


def draw_odds(verdict: Verdict) -> str:
    """A scale from genuine to forged, with the chance and its interval."""
    if verdict.probability is None:
        return ""
    at = verdict.probability * 780 + 10
    bar = ""
    words = f"Chance that it was made or manipulated: {verdict.probability:.0%}"
    if verdict.interval is not None:
        low, high = (share * 780 + 10 for share in verdict.interval)
        bar = (
            f'<rect x="{low:.0f}" y="13" width="{max(4.0, high - low):.0f}" height="12" rx="6" '
            'fill="currentColor" opacity=".28"/>'
        )
        words += f", and with 95 % confidence between {verdict.interval[0]:.0%} and "
        words += f"{verdict.interval[1]:.0%}"
    return (
        '<div class="odds"><svg viewBox="0 0 800 38" role="img" '
        f'aria-label="{escape(words)}"><rect x="10" y="18" width="780" height="2" '
        f'fill="currentColor" opacity=".35"/>{bar}<circle cx="{at:.0f}" cy="19" r="9" '
        'fill="currentColor"/></svg><div class="ends" aria-hidden="true"><span>genuine</span>'
        "<span>cannot tell</span><span>made or forged</span></div>"
        f"<p>{escape(words)}.</p></div>"
    )


def draw_timeline(view: View, findings: tuple[Finding, ...]) -> str:
    """Small pictures, the waveform, and a lane for each inspector."""
    until = max(view.until, SECOND)
    moments = [finding for finding in findings if not finding.whole and finding.until > finding.at]
    lanes = sorted({finding.inspector for finding in moments})
    parts, y = [], 6
    if view.pictures:
        parts.append(_pictures(view, until, y))
        y += 62
    if view.peaks:
        parts.append(_label("sound", y + 26) + _waveform(view, until, y))
        y += 52
    for lane in lanes:
        here = [finding for finding in moments if finding.inspector == lane]
        parts.append(_label(lane, y + 17) + "".join(_block(one, until, y) for one in here))
        y += LANE
    parts.append(_axis(until, y))
    words = f"Timeline of {clock(until)}: small pictures, sound, and what each inspector found."
    return (
        f'<div class="band" tabindex="0" role="group" aria-label="Timeline"><svg viewBox="0 0 '
        f'{WIDE} {y + 26}" role="img" aria-label="{words}">{"".join(parts)}</svg></div>'
    )


def _x(at: Time, until: Time) -> float:
    return LEFT + (WIDE - LEFT - 8) * at / until


def _label(name: str, y: int) -> str:
    return f'<text x="0" y="{y}">{escape(name)}</text>'


def _pictures(view: View, until: Time, y: int) -> str:
    drawn, edge = [], float(LEFT)
    for at, pixels in view.pictures:
        x, wide = _x(at, until), pixels.shape[1] * 54 / pixels.shape[0]
        if x >= edge and x + wide <= WIDE:
            drawn.append(
                f'<image x="{x:.1f}" y="{y}" width="{wide:.1f}" height="54" '
                f'href="{data_address(pixels)}"/>'
            )
            edge = x + wide + 3
    return _label("pictures", y + 31) + "".join(drawn)


def _waveform(view: View, until: Time, y: int) -> str:
    wide = max(0.8, (WIDE - LEFT) * SECOND / 10 / until * 0.8)
    bars = []
    for at, peak in view.peaks:
        high = max(1.0, peak * 40)
        bars.append(
            f'<rect x="{_x(at, until):.1f}" y="{y + 22 - high / 2:.1f}" width="{wide:.1f}" '
            f'height="{high:.1f}"/>'
        )
    return f'<g fill="currentColor" opacity=".55">{"".join(bars)}</g>'


def _block(finding: Finding, until: Time, y: int) -> str:
    x, end = _x(finding.at, until), _x(min(finding.until, until), until)
    score = finding.score
    fill = 0.08 if score is None else 0.12 + 0.5 * max(0.0, score - 0.5)
    strong = score is not None and score >= SUSPECT
    said = answer(finding)
    title = f"{clock(finding.at)}-{clock(finding.until)}: {said}. {finding.reason}"
    mark = (
        f'<text x="{(x + end) / 2:.1f}" y="{y + 17}" text-anchor="middle" '
        'font-weight="700" style="fill:var(--surface)">!</text>'
        if strong
        else ""
    )
    dash = ' stroke-dasharray="3 3"' if score is None else ""
    return (
        f'<g><title>{escape(title)}</title><rect x="{x + 0.5:.1f}" y="{y + 3}" '
        f'width="{max(2.0, end - x - 1):.1f}" height="{LANE - 6}" rx="4" fill="currentColor" '
        f'fill-opacity="{0.75 if strong else fill:.2f}" stroke="currentColor" '
        f'stroke-opacity=".5"{dash}/>{mark}</g>'
    )


def _axis(until: Time, y: int) -> str:
    step = next((s for s in STEPS if until / SECOND / s <= 10), STEPS[-1])
    ticks = "".join(
        f'<text class="axis" x="{_x(at * SECOND, until):.1f}" y="{y + 18}" text-anchor="middle">'
        f'{clock(at * SECOND)}</text><rect x="{_x(at * SECOND, until):.1f}" y="{y}" width="1" '
        'height="5" fill="currentColor" opacity=".5"/>'
        for at in range(0, until // SECOND + 1, step)
    )
    return (
        f'<rect x="{LEFT}" y="{y}" width="{WIDE - LEFT - 8}" height="1" fill="currentColor" '
        f'opacity=".5"/>{ticks}'
    )
