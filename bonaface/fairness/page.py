"""The audit as one page with plots, readable in black and white, without scripts."""

from collections.abc import Sequence
from html import escape
from typing import Final

from bonaface.errors import UnreadableMedia
from bonaface.fairness.people import Person
from bonaface.fairness.rates import ENOUGH, SHOWN, SMALLEST, Audit, Rate
from bonaface.forensics.report.style import read_style
from bonaface.forensics.tone import GROUPS

WIDE: Final = 780
LEFT: Final = 210
ROW: Final = 24
TONES: Final = [name for _, name in GROUPS]  # lightest first
MOST: Final = 20  # files that are named
SCALES: Final = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0)  # where an axis ends
STYLE: Final = (
    "h1 + ul { margin-top: 16px } .band { margin-top: 12px } p + ul { margin-top: 4px } "
    ".band p, p.note { font-size: 13px; color: var(--soft); margin-top: 6px } "
    "table { margin-top: 12px } td:last-child { white-space: nowrap }"
)
GAPS: Final = {
    "worst": "between the groups furthest apart",
    "F_EFPR": "F_EFPR: all groups' distances from the rate of all, summed",
    "F_EO": "F_EO: the same with what is found of forgeries",
    "F_MEO": "F_MEO: the largest gap of either",
}


def to_page(
    audits: Sequence[Audit],
    people: Sequence[Person],
    when: str,
    unread: Sequence[UnreadableMedia] = (),
) -> str:
    """Write it."""
    body = "".join(_section(audit) for audit in audits)
    words = "; ".join(GAPS.values())
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" '
        'content="width=device-width, initial-scale=1"><title>Fairness audit</title>'
        f"<style>{read_style()}{STYLE}</style></head><body><header><b>Bonaface</b> fairness audit"
        f'<span class="when">{escape(when)}</span></header><main><h1>Is it equally good for '
        f"everybody?</h1>{_read_me(people)}{_left_out(unread)}{_glance(audits)}{body}</main>"
        f"<footer>Largest gap: {words}. Fairlearn's MetricFrame, bootstrap intervals over people; "
        "where no error was seen, the upper end is 3 by the number of people.</footer>"
        "</body></html>"
    )


def count_files(people: Sequence[Person]) -> str:
    """“70 pictures and 12 recordings”."""
    pictures = sum(person.kind == "image" for person in people)
    counts = ((pictures, "picture"), (len(people) - pictures, "recording"))
    told = [f"{count:,} {what}{'s' * (count != 1)}" for count, what in counts if count]
    return " and ".join(told) or "nothing"


def _read_me(people: Sequence[Person]) -> str:
    kinds = {person.kind for person in people}
    dots = (
        f"Audited: {count_files(people)}. A dot is the rate of a group, the line its 95 % "
        "interval, the dashed line the rate of all."
    )
    counts = (
        "Numbers in brackets count people: who is in several files counts once, where the table "
        f"says so. Groups of {SMALLEST} and more are compared; those of {SHOWN} to {SMALLEST - 1} "
        "are shown with hollow dots and exact intervals, smaller ones are left out. Of groups "
        f"under {ENOUGH}, which have a star, a rate of 1 % cannot be claimed."
    )
    lines = [dots, counts, "Skin tone is how the picture looks (ITA), not who is in it."]
    if "image" in kinds:
        lines.append(
            "Live callers are simulated from pictures; a face is compared with up to 20 others."
        )
    if kinds - {"image"}:
        lines.append(
            "Of long recordings stretches are heard; a voice is compared with up to 20 others."
        )
    return f'<ul class="mind">{"".join(f"<li>{line}</li>" for line in lines)}</ul>'


def _left_out(unread: Sequence[UnreadableMedia]) -> str:
    if not unread:
        return ""
    rows = "".join(f"<li>{escape(str(error))}</li>" for error in unread[:MOST])
    more = f"<li>and {len(unread) - MOST} more</li>" if len(unread) > MOST else ""
    files = "1 file" if len(unread) == 1 else f"{len(unread)} files"
    return f'<h2>{files} could not be read</h2><ul class="mind">{rows}{more}</ul>'


def _glance(audits: Sequence[Audit]) -> str:
    rows = "".join(
        f'<tr><th scope="row">{escape(_title(audit.subject))}</th><td>{escape(audit.wrong)}</td>'
        f"<td>{_share(audit.whole)}</td><td>{_worst(audit)}</td></tr>"
        for audit in audits
    )
    return (
        "<h2>At a glance</h2><table><thead><tr><th>Asked</th><th>What goes wrong</th>"
        "<th>For everybody</th><th>Largest gap</th></tr></thead>"
        f"<tbody>{rows}</tbody></table>"
    )


def _worst(audit: Audit) -> str:
    single = [rates for name, rates in audit.rates.items() if "," not in name]
    return f"{100 * audit.worst:.1f} points" if any(map(_comparable, single)) else "not compared"


def _section(audit: Audit) -> str:
    parts = [f"<h2>{escape(_title(audit.subject))}: {escape(audit.wrong)}</h2>"]
    told = f"{audit.count:,} answers, {_percent(audit.coverage, 0)} of the {escape(audit.asked)}."
    told += f" For everybody: {_share(audit.whole)}."
    if audit.drift is not None:
        told += (
            " One face recoloured to the ten Monk tones moves the answer by "
            f"{audit.drift['mean']:.3f} on average and {audit.drift['most']:.3f} at most "
            f"({audit.drift['faces']:.0f} faces)."
        )
    parts.append(f"<p>{told}</p>{_passed(audit)}")
    single = [(name, rates) for name, rates in audit.rates.items() if "," not in name and rates]
    for name, rates in single:
        gaps = _gaps(audit.gaps[name]) if _comparable(rates) else ""
        parts.append(f'<div class="band">{_plot(name, rates)}{gaps}</div>')
    if not single and audit.count:
        parts.append(f'<p class="note">No group has {SHOWN} people: no rates are shown.</p>')
    elif single and not any(_comparable(rates) for _, rates in single):
        note = f"No two groups have {SMALLEST} people: they are not compared."
        parts.append(f'<p class="note">{note}</p>')
    crossed = [(name, rates) for name, rates in audit.rates.items() if "," in name and rates]
    if crossed:
        parts.append(_crossings(crossed))
    return "".join(parts)


def _title(name: str) -> str:
    return name[:1].upper() + name[1:]


def _percent(share: float, places: int = 1) -> str:
    return f"{100 * share:.{places}f}\u00a0%"


def _share(rate: Rate | None) -> str:
    if rate is None:
        return "no answers"
    ends = f"{100 * rate.low:.1f} to {_percent(rate.high)}".replace(" ", "\u00a0")
    return f"{_percent(rate.rate)} of {rate.count:,} ({ends})"


def _passed(audit: Audit) -> str:
    """Why some were not judged, most often first."""
    reasons = sorted(audit.passed.items(), key=lambda one: -one[1])
    rows = "".join(f"<li>{escape(why)} ({count})</li>" for why, count in reasons if why)
    return f'<p>Not judged:</p><ul class="mind">{rows}</ul>' if rows else ""


def _comparable(rates: Sequence[Rate]) -> bool:
    return sum(rate.count >= SMALLEST for rate in rates) > 1


def _gaps(gaps: dict[str, float]) -> str:
    more = "".join(f", {key} {value:.3f}" for key, value in gaps.items() if key != "worst")
    return f"<p>Largest gap {100 * gaps['worst']:.1f} points{more}</p>"


def _plot(name: str, rates: Sequence[Rate]) -> str:
    if name == "tone":
        rates = sorted(rates, key=lambda rate: [*TONES, rate.group].index(rate.group))
    highest = max(rate.high for rate in rates)
    most = next((end for end in SCALES if end >= highest), 1.0)
    whole = sum(rate.rate * rate.count for rate in rates) / sum(rate.count for rate in rates)
    high = ROW * len(rates) + 40

    def x(share: float) -> float:
        return LEFT + (WIDE - LEFT - 30) * min(1.0, share / most)

    middle = (
        f'<line x1="{x(whole):.1f}" y1="22" x2="{x(whole):.1f}" y2="{high - 18}" '
        'stroke="currentColor" stroke-dasharray="4 4" opacity=".6"/>'
    )
    drawn = [middle]
    for i, rate in enumerate(rates):
        y = 32 + ROW * i
        star = "" if rate.count >= ENOUGH else " *"
        fill = "currentColor" if rate.count >= SMALLEST else "var(--surface)"
        drawn.append(
            f'<text x="0" y="{y + 4}">{escape(rate.group)} ({rate.count}){star}</text>'
            f'<line x1="{x(rate.low):.1f}" y1="{y}" x2="{x(rate.high):.1f}" y2="{y}" '
            'stroke="currentColor" stroke-width="3" opacity=".4"/>'
            f'<circle cx="{x(rate.rate):.1f}" cy="{y}" r="5" fill="{fill}" '
            'stroke="currentColor" stroke-width="1.5"/>'
        )
    ends = "".join(
        f'<text class="axis" x="{x(most * part):.0f}" y="{high - 4}" text-anchor="middle">'
        f"{100 * most * part:g} %</text>"
        for part in (0.0, 0.5, 1.0)
    )
    words = "; ".join(f"{one.group} {_percent(one.rate)} of {one.count}" for one in rates)
    return (
        f'<svg viewBox="0 0 {WIDE} {high}" role="img" aria-label="By {escape(name)}: '
        f'{escape(words)}"><text x="0" y="14" font-weight="700">by {escape(name)}</text>'
        f"{''.join(drawn)}{ends}</svg>"
    )


def _crossings(crossed: list[tuple[str, tuple[Rate, ...]]]) -> str:
    rows = "".join(
        f'<tr><th scope="row">{escape(rate.group)}</th><td>{rate.count}</td>'
        f"<td>{_percent(rate.rate)}</td>"
        f"<td>{_percent(rate.low)} to {_percent(rate.high)}</td></tr>"
        for _, rates in crossed
        for rate in sorted(rates, key=lambda one: -one.rate)[:4]
    )
    return (
        '<p class="note">The four highest rates of each crossing:</p><table><thead><tr>'
        "<th>Group</th>"
        f"<th>People</th><th>Rate</th><th>95 %</th></tr></thead><tbody>{rows}</tbody></table>"
    )
