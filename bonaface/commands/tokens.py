"""`bonaface tokens`: who may use a server that others can reach."""

import argparse

from bonaface.commands.terminal import say

HELP = "who may use a server that others can reach"
DESCRIPTION = """\
A token is shown once, when it is made; only its hash is kept. Scopes: make (live faces and what
belongs to them), check (read files back), consent (record and revoke), admin (all of it)."""


def add(parsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = parsers.add_parser("tokens", help=HELP, description=DESCRIPTION)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    make = actions.add_parser("make", help="make one; it is printed, once")
    make.add_argument("--name", required=True, help="whose it is, or what for")
    make.add_argument(
        "--scope",
        action="append",
        required=True,
        choices=("make", "check", "consent", "admin"),
        help="what it is good for; may be given again",
    )
    actions.add_parser("list", help="which there are")
    revoke = actions.add_parser("revoke", help="forget one; a running server refuses it at once")
    revoke.add_argument("name", metavar="NAME")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Do it."""
    from bonaface.server.settings import read_server_settings
    from bonaface.server.tokens import TokenBook

    book = TokenBook(read_server_settings().tokens)
    if options.action == "make":
        token = book.make(options.name, options.scope)
        say("Keep it well: it is not shown again.")
        print(token)
    elif options.action == "revoke":
        book.revoke(options.name)
        say(f"The token {options.name} is forgotten.")
    else:
        for note in book.notes():
            print(f"{note.name:24}{', '.join(note.scopes):32}{note.made}")
    return 0
