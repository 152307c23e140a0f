"""An audit as one page that needs nothing else; its plots are readable in black and white."""

from html import escape
from importlib.resources import files
from typing import Final

from bonaface.fairness.audit import LIMIT, Audit, Division, Result
from bonaface.fairness.rates import ENOUGH, Rate
from bonaface.fairness.record import NOT_SHOWN, standing

_MIND: Final = """\
Skin tone is estimated from the photo. Light and camera move it by a group or more, so it says how \
a face was photographed.
Sex and age are what the labels of the photos say; some are wrong, and two sexes are all they know.
Many groups are compared. By chance alone about one interval in twenty misses the truth.
A gap that is not shown may still be there: small groups can only show large gaps."""
_LEFT, _WIDE, _ROW = 210, 760, 30  # px of the names, of all, of one group
_RIGHT: Final = 640  # px where the scale ends


def to_page(audit: Audit) -> str:
    """Write the page: HTML without scripts, addresses or other files."""
    rooms = (("bonaface.forensics", "report.css"), ("bonaface.fairness", "page.css"))
    style = "".join(files(room).joinpath(name).read_text("utf-8") for room, name in rooms)
    body = "".join([_opening(audit), *(_subject(one) for one in audit.results), _closing()])
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" '
        'content="width=device-width, initial-scale=1"><meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>Fairness audit</title><style>{style}</style></head><body><header>"
        f'<b>Bonaface</b><span class="when">{audit.made:%Y-%m-%d}</span></header>'
        f"<main>{body}</main></body></html>\n"
    )


def _opening(audit: Audit) -> str:
    unread = f" {audit.unread} could not be read." if audit.unread else ""
    limits = "".join(f"<p>{escape(one)}</p>" for one in audit.limits)
    return (
        "<h1>Who is wronged more often than others?</h1>"
        f"<p>{audit.photos} photos of faces were looked at.{unread} A skin tone could be estimated "
        f"in {audit.toned}. Each dot is a share of genuine faces, each line its 95 % interval; the "
        "number beside it is how many faces were judged. "
        f"A filled dot stands for at least {ENOUGH} faces, a hollow one for fewer: too few to "
        f"claim 1 %. A group may lie at most {LIMIT * 100:.0f} points above the others.</p>{limits}"
    )


def _closing() -> str:
    lines = "".join(f"<li>{escape(line)}</li>" for line in _MIND.splitlines())
    return f'<h2>To bear in mind</h2><ul class="why">{lines}</ul>'


def _subject(result: Result) -> str:
    subject, drift = result.subject, result.drift
    parts = [
        f'<section class="subject"><h2>{escape(subject.name.capitalize())}</h2>',
        f"<p>How often {escape(subject.harm)}.</p>",
        *(_division(division) for division in result.divisions),
    ]
    if drift is not None:
        turned = f"{drift.turned} of {drift.faces} answers"
        parts.append(
            "<h3>One face in seven tones</h3>"
            f"<p>{drift.faces} faces were recoloured. Of one face the score moves by "
            f"{drift.median:.3f} (median; {drift.largest:.3f} at most; an alarm is at "
            f"{subject.limit:.2f}). {turned} turned with the tone alone.</p>"
        )
    return "".join([*parts, "</section>"])


def _division(division: Division) -> str:
    judged = [rate for rate in division.rates if rate.reals]
    if not judged:
        return f"<h3>By {escape(division.attribute)}</h3><p>Nobody was judged.</p>"
    return (
        f'<h3>By {escape(division.attribute)}</h3><div class="plot">{_draw(division, judged)}'
        f"</div>{_words(division)}{_table(division)}"
    )


def _words(division: Division) -> str:
    if division.worst is None:
        return '<p class="soft">There are not two groups large enough to compare.</p>'
    group, gap = division.worst
    said = standing(gap)
    few = f"too few faces to show that it is within {LIMIT * 100:.0f} points"
    tail = few if said == NOT_SHOWN else f"that is {said}"
    return (
        f'<p class="soft">Furthest above the others: {escape(group)}, by {gap.value * 100:.1f} '
        f"points ({gap.low * 100:.1f} to {gap.high * 100:.1f}): {tail}.</p>"
    )


def _table(division: Division) -> str:
    rows = "".join(_row(rate) for rate in division.rates)
    gaps = "; ".join(
        f"{gap.name} {gap.value:.3f} ({gap.low:.3f} to {gap.high:.3f})" for gap in division.gaps
    )
    return (
        '<details><summary>The numbers</summary><table class="rates"><tr><th>Group</th>'
        "<th>Genuine</th><th>Alarms</th><th>Share</th><th>95 %</th><th>Not judged</th>"
        f'<th>Forged</th><th>Found</th></tr>{rows}</table><p class="soft">{gaps}</p></details>'
    )


def _row(rate: Rate) -> str:
    low, high = rate.interval
    share = f"{rate.fpr:.1%}" if rate.reals else "-"
    cells = (rate.reals, rate.alarms, share, f"{low:.1%} to {high:.1%}", rate.unjudged)
    forged = (rate.fakes, rate.found) if rate.fakes else ("-", "-")
    said = "".join(f"<td>{cell}</td>" for cell in (*cells, *forged))
    return f"<tr><td>{escape(rate.group)}</td>{said}</tr>"


def _draw(division: Division, rates: list[Rate]) -> str:
    most = min(1.0, max(0.05, *(rate.interval[1] for rate in rates)))
    high = _ROW * len(rates) + 34
    said = ", ".join(f"{rate.group} {rate.fpr:.1%} of {rate.reals}" for rate in rates)
    return (
        f'<svg viewBox="0 0 {_WIDE} {high}" role="img" aria-label="{escape(said)}">'
        + _grid(most, high)
        + "".join(_dot(rate, i, most) for i, rate in enumerate(rates))
        + f"<title>{escape(division.attribute)}</title></svg>"
    )


def _grid(most: float, high: int) -> str:
    parts = []
    for i in range(5):
        x = _LEFT + (_RIGHT - _LEFT) * i / 4
        parts.append(
            f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="4" y2="{high - 26}"/>'
            f'<text class="soft" x="{x:.1f}" y="{high - 8}" text-anchor="middle">'
            f"{most * i / 4:.1%}</text>"
        )
    return "".join(parts)


def _dot(rate: Rate, i: int, most: float) -> str:
    y = _ROW * i + _ROW / 2 + 4
    low, middle, up = (_LEFT + (_RIGHT - _LEFT) * min(share, most) / most for share in _three(rate))
    kind = "whole" if rate.claimable else "few"
    return (
        f'<text x="{_LEFT - 12}" y="{y + 4}" text-anchor="end">{escape(rate.group)}</text>'
        f'<line x1="{low:.1f}" x2="{up:.1f}" y1="{y}" y2="{y}" stroke-width="2"/>'
        f'<circle class="{kind}" cx="{middle:.1f}" cy="{y}" r="5.5"/>'
        f'<text class="soft" x="{_RIGHT + 14}" y="{y + 4}">{rate.fpr:.1%} of {rate.reals}</text>'
    )


def _three(rate: Rate) -> tuple[float, float, float]:
    low, high = rate.interval
    return low, rate.fpr, high
