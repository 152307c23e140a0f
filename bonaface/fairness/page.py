"""The audit as one page with plots, readable in black and white, without scripts."""

from html import escape
from typing import Final

from bonaface.fairness.rates import ENOUGH, Audit, Rate
from bonaface.forensics.report.style import read_style

WIDE: Final = 780
LEFT: Final = 210
ROW: Final = 24


def to_page(audits: list[Audit], count: int, when: str) -> str:
    """Write it."""
    style = read_style()
    body = "".join(_section(audit) for audit in audits)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" '
        'content="width=device-width, initial-scale=1"><title>Fairness audit</title>'
        f"<style>{style}</style></head><body><header><b>Bonaface</b> fairness audit"
        f'<span class="when">{escape(when)}</span></header><main><h1>Is it equally good for '
        f"everybody?</h1><p>{count} pictures. A dot is the rate of a group, the line its 95 % "
        "interval, the dashed line the rate of all. Groups are compared from 20 pictures on; of "
        f"groups under {ENOUGH}, a rate of 1 % cannot be claimed, and their names have a star. "
        "Skin tone is how the picture looks (ITA), not who is in it. Live callers are simulated "
        "from the pictures; each face is compared with up to 20 others.</p>"
        f"{body}</main><footer>Fairlearn's MetricFrame, bootstrap intervals; where no error was "
        "seen, the upper end is 3 by the number of pictures.</footer></body></html>"
    )


def _section(audit: Audit) -> str:
    parts = [f"<h2>{escape(audit.subject)}: {escape(audit.wrong)}</h2>"]
    told = f"{audit.count} answers, {audit.coverage:.0%} of the pictures."
    if audit.drift is not None:
        told += (
            " One face recoloured to the ten Monk tones moves the answer by "
            f"{audit.drift['mean']:.3f} on average and {audit.drift['most']:.3f} at most "
            f"({audit.drift['faces']:.0f} faces)."
        )
    parts.append(f"<p>{told}</p>")
    for name, rates in audit.rates.items():
        if rates and "," not in name:
            gap = ", ".join(f"{key} {value:.3f}" for key, value in audit.gaps[name].items())
            parts.append(f'<div class="band">{_plot(name, rates)}</div><p class="file">{gap}</p>')
    crossed = [(name, rates) for name, rates in audit.rates.items() if "," in name and rates]
    if crossed:
        parts.append(_crossings(crossed))
    return "".join(parts)


def _plot(name: str, rates: tuple[Rate, ...]) -> str:
    most = max(0.02, *(rate.high for rate in rates))
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
        drawn.append(
            f'<text x="0" y="{y + 4}">{escape(rate.group)} ({rate.count}){star}</text>'
            f'<line x1="{x(rate.low):.1f}" y1="{y}" x2="{x(rate.high):.1f}" y2="{y}" '
            'stroke="currentColor" stroke-width="3" opacity=".4"/>'
            f'<circle cx="{x(rate.rate):.1f}" cy="{y}" r="5" fill="currentColor"/>'
        )
    ends = "".join(
        f'<text class="axis" x="{x(most * part):.0f}" y="{high - 4}" text-anchor="middle">'
        f"{most * part:.1%}</text>"
        for part in (0.0, 0.5, 1.0)
    )
    words = "; ".join(f"{rate.group} {rate.rate:.1%} of {rate.count}" for rate in rates)
    return (
        f'<svg viewBox="0 0 {WIDE} {high}" role="img" aria-label="By {escape(name)}: '
        f'{escape(words)}"><text x="0" y="14" font-weight="700">by {escape(name)}</text>'
        f"{''.join(drawn)}{ends}</svg>"
    )


def _crossings(crossed: list[tuple[str, tuple[Rate, ...]]]) -> str:
    rows = "".join(
        f'<tr><th scope="row">{escape(rate.group)}</th><td>{rate.count}</td>'
        f"<td>{rate.rate:.1%}</td><td>{rate.low:.1%} to {rate.high:.1%}</td></tr>"
        for _, rates in crossed
        for rate in sorted(rates, key=lambda one: -one.rate)[:4]
    )
    return (
        "<p>The four highest rates of each crossing:</p><table><thead><tr><th>Group</th>"
        f"<th>Pictures</th><th>Rate</th><th>95 %</th></tr></thead><tbody>{rows}</tbody></table>"
    )
