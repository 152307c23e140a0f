"""The report as one page that needs nothing else: for reading, printing and passing on."""

from datetime import UTC, datetime
from html import escape
from typing import Final

from bonaface import __version__
from bonaface.core import Exhibit, Finding
from bonaface.forensics.report.drawings import draw_odds, draw_timeline
from bonaface.forensics.report.pictures import show
from bonaface.forensics.report.report import (
    Report,
    answer,
    headline,
    name_layers,
    opening,
    read_rows,
)
from bonaface.forensics.report.style import read_style

_TONES: Final = {
    "made-by-ai": "alarm",
    "manipulated": "alarm",
    "authentic-signed": "good",
    "no-signs": "good",
    "cannot-tell": "unsure",
}
_SIGNS: Final = {  # shapes, so that nothing hangs on colour
    "alarm": '<path d="M32 6 60 56H4z"/><path d="M32 24v16M32 47v2"/>',
    "good": '<circle cx="32" cy="32" r="27"/><path d="M20 33l9 9 17-19"/>',
    "unsure": (
        '<circle cx="32" cy="32" r="27"/><path d="M24 25c0-11 16-11 16-1 0 6-8 7-8 13M32 45v2"/>'
    ),
}
_MARK: Final = (
    '<svg viewBox="0 0 32 32" aria-hidden="true"><rect x="2" y="2" width="28" height="28" rx="10" '
    'fill="#0b6e4f"/><circle cx="11" cy="12.5" r="2" fill="#fff"/><circle cx="21" cy="12.5" r="2" '
    'fill="#fff"/><path d="M10.5 19.5l4 3.8 7.5-6.3" fill="none" stroke="#fff" stroke-width="2.6" '
    'stroke-linecap="round" stroke-linejoin="round"/></svg>'
)
TITLES: Final = {
    "artefacts": "Traces of blending",
    "lipsync": "Lips and sound",
    "spectrum": "Traces of a network",
    "pulse": "Pulse",
    "spoof": "Made voice",
    "reference-voice": "The enrolled voice",
    "reference-face": "The enrolled face",
    "reference-motion": "How the enrolled face moves",
}


def to_page(report: Report, now: datetime | None = None) -> str:
    """Write the page: HTML without scripts, addresses or other files."""
    when = f"{now or datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    name = escape(report.file.rsplit("/", 1)[-1])
    style = read_style()
    body = "".join([_verdict(report), _why(report), *_looked(report), _read(report), _mind(report)])
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" '
        'content="width=device-width, initial-scale=1"><meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">"
        f"<title>Report on {name}</title><style>{style}</style></head><body><header>{_MARK}"
        f'<b>Bonaface</b> report on a file<span class="when">{when}</span></header>'
        f"<main>{body}{_method(report)}</main><footer>This report was made by Bonaface "
        f"{escape(__version__)} on the machine that checked the file, which sent it to nobody. "
        "It states evidence, with what it cannot show. It is no proof in law.</footer>"
        "</body></html>"
    )


def _verdict(report: Report) -> str:
    verdict = report.verdict
    tone = _TONES[verdict.word]
    sign = (
        '<svg viewBox="0 0 64 64" fill="none" stroke="currentColor" stroke-width="5" '
        f'stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">{_SIGNS[tone]}</svg>'
    )
    title = headline(verdict).capitalize().replace(" ai", " AI")
    return (
        f'<section class="verdict {tone}" aria-label="Verdict">{sign}<h1>{escape(title)}</h1>'
        f'<p class="said">{escape(opening(verdict))}</p><p class="file">{escape(report.file)}</p>'
        f"{draw_odds(verdict)}</section>"
    )


def _why(report: Report) -> str:
    rows = "".join(f"<li>{escape(reason)}</li>" for reason in report.verdict.reasons)
    return f'<h2>Why</h2><ul class="why">{rows}</ul>' if rows else ""


def _looked(report: Report) -> list[str]:
    parts, findings = [], report.evidence.inspected
    if report.kind != "image" and report.view.until:
        parts.append("<h2>Along the file</h2>" + draw_timeline(report.view, findings))
    exhibits = [(e, _title(f)) for f in findings if f.whole for e in f.exhibits]
    if report.kind == "image" and report.view.first is not None:
        exhibits.insert(0, (Exhibit(report.view.first, "The picture, as it was read"), "Whole"))
    if exhibits:
        shown = "".join(show(exhibit, title) for exhibit, title in exhibits)
        parts.append(f'<h2>What was seen</h2><div class="shows">{shown}</div>')
    if whole := [finding for finding in findings if finding.whole]:
        rows = "".join(_inspector_row(finding) for finding in whole)
        parts.append(
            '<h2>What was looked at</h2><table><thead><tr><th scope="col">Inspector</th><th '
            'scope="col">Answer</th><th scope="col">What it measured</th></tr></thead><tbody>'
            f"{rows}</tbody></table>"
        )
    return parts


def _title(finding: Finding) -> str:
    return TITLES.get(finding.inspector, finding.inspector)


def _inspector_row(finding: Finding) -> str:
    said = answer(finding)
    return (
        f'<tr><th scope="row">{escape(_title(finding))}</th><td class="answer">{said}</td>'
        f"<td>{escape(finding.reason)}</td></tr>"
    )


def _read(report: Report) -> str:
    rows = "".join(
        f'<tr><th scope="row">{escape(title)}</th><td>{escape(words)}</td></tr>'
        for title, words in read_rows(report)
    )
    layers = escape(name_layers(report.evidence))
    return (
        "<h2>What the file carries</h2><table><tbody>"
        f"{rows}</tbody></table><p class='file'>{layers}</p>"
    )


def _mind(report: Report) -> str:
    rows = "".join(f"<li>{escape(limit)}</li>" for limit in report.verdict.limits)
    return f'<h2>What could not be told</h2><ul class="mind">{rows}</ul>' if rows else ""


def _method(report: Report) -> str:
    name = escape(report.file.rsplit("/", 1)[-1])
    return (
        "<h2>How to repeat this</h2><p>With the same version of Bonaface and the file whose "
        f"SHA-256 is <code>{report.sha256}</code>:</p><p><code>bonaface check {name} --report "
        "report.html</code></p>"
    )
