"""What media files say of themselves, by kind and label: which traces are there, and do they lie?

    python bench/traces.py FOLDER [--each 400]

FOLDER holds a manifest.tsv with the columns path, kind and label. Printed are files with each
finding, then every sentence with its count, and the share of genuine files that are said to be AI.
"""

import argparse
import csv
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from bonaface.core import Finding
from bonaface.forensics.origin.traces import inspect_traces
from bonaface.media.metadata.reader import read_tags

Group = tuple[str, str]  # kind and label


def read(folder: Path, each: int) -> Iterator[tuple[Group, tuple[Finding, ...], bool]]:
    """The findings of at most `each` files of a group, and whether all could be read."""
    taken: Counter[Group] = Counter()
    with (folder / "manifest.tsv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            group, path = (row["kind"], row["label"]), folder / row["path"]
            if taken[group] < each and path.is_file():
                taken[group] += 1
                limits: list[str] = []
                yield group, inspect_traces(read_tags(path, limits), 0), not limits


def bound(count: int, of: int) -> float:
    """The upper end of the 95 % interval of a share (normal; none found: rule of three)."""
    if count == 0:
        return min(1.0, 3 / max(1, of))
    share = count / of
    return float(min(1.0, share + 1.96 * (share * (1 - share) / of) ** 0.5))


def main() -> None:
    """Read all, print three tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--each", type=int, default=1_000_000, help="files of each kind and label")
    asked = parser.parse_args()
    files: Counter[Group] = Counter()
    unread: Counter[Group] = Counter()
    kinds: defaultdict[Group, Counter[str]] = defaultdict(Counter)
    sentences: Counter[tuple[str, str, str]] = Counter()
    begin = time.process_time()
    for group, findings, whole in read(asked.folder, asked.each):
        files[group] += 1
        unread[group] += not whole
        said = {one.inspector + ("" if one.score is None else " AI") for one in findings}
        kinds[group].update(said or {"(nothing)"})
        sentences.update((*group, one.reason.split(". ")[0]) for one in findings)
    spent = time.process_time() - begin
    print(f"{'kind':<12}{'label':<7}{'files':>6}{'unread':>8}  traces (files)")
    for group, count in sorted(files.items()):
        found = ", ".join(f"{name} {n}" for name, n in kinds[group].most_common())
        print(f"{group[0]:<12}{group[1]:<7}{count:>6}{unread[group]:>8}  {found}")
    print()
    for (kind, label, sentence), n in sorted(sentences.items()):
        print(f"{n:>5}  {kind} {label}: {sentence}")
    real = sum(n for group, n in files.items() if group[1] == "real")
    false = sum(
        n
        for group, found in kinds.items()
        if group[1] == "real"
        for name, n in found.items()
        if name.endswith(" AI")
    )
    print(f"\nGenuine files said to be AI: {false} of {real}, at most {bound(false, real):.2%}")
    print(f"{spent / max(1, files.total()) * 1000:.2f} ms of CPU a file")


if __name__ == "__main__":
    main()
