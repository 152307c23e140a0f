"""`bonaface audit`: who is wronged more often than others?"""

import argparse
from pathlib import Path

from bonaface.commands.terminal import bar, say

HELP = "measure whether detectors err more often on some people than on others"
DESCRIPTION = """\
Asks the face finder, the landmarks, the making of likenesses and all inspectors of photos about
photos of your own, and counts how often genuine faces are wronged: by skin tone (estimated from the
photo), sex, age and their crossings.

  bonaface audit fairness faces/ --manifest people.tsv --page fairness.html

The manifest has a head line and tabs between its columns: path (within the folder), and where you
know them label (real or fake), sex (female or male) and age (years). Photos stay where they are;
nothing is kept but counts. Ask people before you use their photos for this."""


def add(parsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    shape = argparse.RawDescriptionHelpFormatter
    parser = parsers.add_parser("audit", help=HELP, description=DESCRIPTION, formatter_class=shape)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    fair = actions.add_parser("fairness", help="by skin tone, sex and age")
    fair.add_argument("folder", type=Path, metavar="FOLDER", help="photos of faces")
    fair.add_argument("--manifest", type=Path, metavar="FILE.tsv", help="what is known of them")
    fair.add_argument("--page", type=Path, metavar="OUT.html", help="write a page with plots")
    fair.add_argument("--json", action="store_true", help="one JSON object, for programs")
    fair.add_argument("--most", type=int, metavar="N", help="look at N photos at most")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Audit; 0 when no gap is over the limit, 1 when one is."""
    from bonaface.fairness.audit import audit
    from bonaface.fairness.page import to_page
    from bonaface.fairness.people import read_people
    from bonaface.fairness.rates import need_fairlearn
    from bonaface.fairness.record import is_fair, to_json, to_table
    from bonaface.fairness.subjects import open_subjects
    from bonaface.vault import write_whole

    need_fairlearn()
    people = read_people(options.folder, options.manifest)[: options.most]
    subjects, limits = open_subjects()
    with bar(f"Auditing {len(people)} photos", 1.0, share=True) as progress:
        result = audit(people, subjects, limits, progress.reach)
    print(to_json(result) if options.json else to_table(result))
    if options.page is not None:
        write_whole(options.page, to_page(result).encode())
        say(f"The page is in {options.page}.")
    return 0 if is_fair(result) else 1
