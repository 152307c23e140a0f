"""What a user can type after `bonaface`: one file a command.

Each has `add(parsers)`, which is light, and `run(options) -> int`, which imports what it needs.
"""
