"""Bonaface: AI faces and voices in good faith. Start reading in `bonaface/core.py`."""

__version__ = "0.1.0"
