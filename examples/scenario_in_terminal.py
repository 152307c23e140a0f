"""Play a scenario by keyboard: `python examples/scenario_in_terminal.py [NAME or FILE.yaml]`.

Type what you would say; an empty line is silence. The same mind drives a live face.
"""

import sys
from collections.abc import Iterable

from bonaface.errors import BonafaceError
from bonaface.mind.scenario import Scenario
from bonaface.mind.script import open_script, shipped


def say(sentences: Iterable[str]) -> None:
    """Print what the mind says, sentence by sentence."""
    for sentence in sentences:
        print("   ", sentence)


def main() -> int:
    """Talk until one side ends it."""
    name = sys.argv[1] if len(sys.argv) > 1 else "receptionist"
    try:
        script = open_script(name)
    except BonafaceError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{script.name}. {script.about} (There are: {', '.join(shipped())}.)\n")
    mind = Scenario(script)
    say(mind.greet())
    while not mind.ended:
        try:
            say(mind.push(input("> ")))
        except (EOFError, KeyboardInterrupt):
            print()
            break
    return 0


if __name__ == "__main__":
    sys.exit(main())
