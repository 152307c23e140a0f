"""`bonaface audit fairness`: are the checks equally good for everybody?"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from bonaface.commands.terminal import bar, say

if TYPE_CHECKING:
    from bonaface.errors import UnreadableMedia
    from bonaface.fairness.rates import Audit

NAMED = 20  # files that could not be read
HELP = "compare error rates across skin tones, sexes and ages"
DESCRIPTION = """\
Asks the checks about your labelled pictures, films and sounds, and compares their error rates
between groups, with intervals. The labels are a CSV table: a column "path" (relative to the table),
any columns that name groups ("sex", "age"), and, if some files are forged, a column "forged" with
yes or no. A column "person" names who is in several files; a column "said" gives the digits that
are read aloud in a recording.
Skin tone is measured from pictures and films, and only here.

  bonaface audit fairness people.csv --page fairness.html

Nothing is kept but rates. Use files that you may use for this, of people like your users. It takes
long: some 13 minutes for 70 pictures, 40 for 1,000, and for films up to what they last."""
EPILOG = """\
Exit codes: 0, 1 when a gap of wrong answers is over --limit, 3 an error. A gap counts as it is
between groups whose intervals are no wider than twice the limit; of others, what they show at
least."""


def add(parsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    shape = argparse.RawDescriptionHelpFormatter
    parser = parsers.add_parser("audit", help=HELP, formatter_class=shape)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    fairness = actions.add_parser(
        "fairness", help=HELP, description=DESCRIPTION, epilog=EPILOG, formatter_class=shape
    )
    fairness.add_argument("labels", type=Path, metavar="TABLE.csv")
    fairness.add_argument("--page", type=Path, metavar="PAGE.html", help="write a page with plots")
    fairness.add_argument("--json", action="store_true", help="one JSON object, for programs")
    most = "the largest gap between groups that passes (default: 0.02)"
    fairness.add_argument("--limit", type=float, default=0.02, metavar="SHARE", help=most)
    fairness.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Audit, print, and say by the exit code whether the gap passes."""
    import json
    from dataclasses import asdict
    from datetime import UTC, datetime

    from bonaface.errors import UnreadableMedia
    from bonaface.fairness.audit import audit, require_fairlearn
    from bonaface.fairness.page import count_files, to_page
    from bonaface.fairness.people import read_people, tell_kinds
    from bonaface.fairness.subjects import list_subjects
    from bonaface.vault import write_whole

    require_fairlearn()
    unread: list[UnreadableMedia] = []
    people = list(tell_kinds(read_people(options.labels), unread.append))
    with bar(f"Auditing {count_files(people)}", 1.0, share=True) as progress:
        audits = audit(people, list_subjects(), progress.reach, unread.append, matches=True)
    _complain(unread)
    if unread and not audits:
        raise UnreadableMedia("None of the files could be read.", "Mend the column “path”.")
    if options.page is not None:
        page = to_page(audits, people, f"{datetime.now(UTC):%Y-%m-%d}", unread)
        write_whole(options.page, page.encode())
        say(f"The page is {options.page}.")
    if options.json:
        print(json.dumps([asdict(one) for one in audits], indent=2))
    else:
        print("\n\n".join(_table(one) for one in audits))
    most, name = max(((one.beyond(options.limit), one.subject) for one in audits), default=(0, ""))
    if most > options.limit:
        say(f"{name}: a gap of {most:.1%} between groups is over the limit of {options.limit:.1%}.")
    return int(most > options.limit)


def _complain(unread: "list[UnreadableMedia]") -> None:
    if unread:
        say(f"Left out, as it could not be read ({len(unread)}):")
    for error in unread[:NAMED]:
        say(f"  {error}")
    if len(unread) > NAMED:
        say(f"  and {len(unread) - NAMED} more")


def _table(audit: "Audit") -> str:
    share = f"{audit.coverage:.0%} of the {audit.asked}"
    lines = [f"{audit.subject}: {audit.wrong} ({audit.count} answers, {share})"]
    if (whole := audit.whole) is not None:
        ends = f"[{whole.low:.1%}, {whole.high:.1%}]"
        lines.append(f"  {'everybody':<18}{whole.count:>6}  {whole.rate:6.1%}  {ends}")
    lines += [f"  not judged, {count}: {why}" for why, count in audit.passed.items() if why]
    for name, rates in audit.rates.items():
        if "," in name or not rates:
            continue
        gaps = ", ".join(f"{key} {value:.3f}" for key, value in audit.gaps[name].items())
        lines.append(f"  by {name}: {gaps}")
        lines += [
            f"    {rate.group:<16}{rate.count:>6}  {rate.rate:6.1%}"
            f"  [{rate.low:.1%}, {rate.high:.1%}]"
            for rate in rates
        ]
    if audit.drift is not None:
        lines.append(
            f"  recoloured: mean {audit.drift['mean']:.3f}, most {audit.drift['most']:.3f}, "
            f"{audit.drift['faces']:.0f} faces"
        )
    return "\n".join(lines)
