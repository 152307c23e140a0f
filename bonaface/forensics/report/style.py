"""How all reports look."""

from importlib.resources import files


def read_style() -> str:
    """The style sheet, to stand in the page itself: a report needs no other file."""
    return files("bonaface.forensics.report").joinpath("report.css").read_text("utf-8")
