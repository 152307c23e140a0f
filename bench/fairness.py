"""Who is wronged more often than others: `python bench/fairness.py [--quick] [--page out.html]`.

Audits the face finder, landmarks, likenesses and all inspectors of photos over media/faces (those
that judge: nothing was learnt from them) and writes models/fairness.json, which
tests/test_fairness.py holds the models to. Run it again when a model has changed. `--quick` takes
200 faces and writes nothing.
"""

import argparse
import os
import sys
from pathlib import Path

from bonaface.fairness.audit import audit
from bonaface.fairness.page import to_page
from bonaface.fairness.people import read_people
from bonaface.fairness.record import to_json, to_table
from bonaface.fairness.subjects import open_subjects

ROOT = Path(__file__).parents[1]
sys.path.append(str(ROOT / "training"))

from sources import judges  # noqa: E402  the one division of sources

MEDIA = Path(os.environ.get("BONAFACE_MEDIA", ROOT.parent / "shared" / "media"))


def main() -> None:
    """Run the bench."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--page", type=Path)
    wanted = parser.parse_args()
    people = [one for one in read_people(MEDIA / "faces") if judges(f"faces/{one.path.name}")]
    subjects, limits = open_subjects()
    result = audit(people[:200] if wanted.quick else people, subjects, limits)
    print(to_json(result) if wanted.json else to_table(result))
    if not wanted.quick:
        (ROOT / "models" / "fairness.json").write_text(to_json(result) + "\n")
    if wanted.page:
        wanted.page.write_text(to_page(result))


if __name__ == "__main__":
    main()
