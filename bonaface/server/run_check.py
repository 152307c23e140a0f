"""The child that checks a file: `python -m bonaface.server.run_check FILE NAME [REFERENCE]`.

Out come lines of JSON: the share that is done as it grows, then the result and the report as a
page, or an error. The process bounds itself before it looks at the file (`decode.bound`); no server
is asked anything.
"""

import json
import sys
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import Final

from bonaface.check import check
from bonaface.errors import BonafaceError
from bonaface.forensics.reference.inspect import open_reference
from bonaface.forensics.report.page import to_page
from bonaface.forensics.report.report import to_json
from bonaface.server.decode import bound, say

SECONDS: Final = 300  # of CPU time
MEMORY: Final = 3 << 30  # bytes beyond what the libraries took
FILES: Final = 128
WRITES: Final = 1 << 20  # bytes: the log's own notes
STEP: Final = 0.02  # of progress
HUNGRY: Final = "This file needs too much memory to be checked."
SMALLER: Final = "Send a shorter or smaller one."


def main() -> int:
    """Check one file."""
    file, name = Path(sys.argv[1]), sys.argv[2]
    bound(SECONDS, threads=True, memory=MEMORY, files=FILES, writes=WRITES)
    told = 0.0
    known = tuple(Path(one) for one in sys.argv[3:])

    def tell(share: float) -> None:
        nonlocal told
        if share >= told + STEP:
            told = share
            say({"share": round(share, 3)})

    try:
        enrolled = tuple(one for path in known for one in open_reference(path))
        report = replace(check(file, inspectors=enrolled, tell=tell), file=name)
    except MemoryError:
        return say({"error": HUNGRY, "remedy": SMALLER})
    except BonafaceError as error:  # it names a file of ours; they know it by another name
        words = str(error.args[0]).replace(str(file), name).replace(file.name, name)
        return say({"error": words, "remedy": error.remedy})
    result = to_json(report).replace(file.name, json.dumps(name)[1:-1])
    return say(
        {"result": json.loads(result), "page": to_page(report).replace(file.name, escape(name))}
    )


if __name__ == "__main__":
    sys.exit(main())
