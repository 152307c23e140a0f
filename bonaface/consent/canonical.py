"""One way to write a value as JSON, so that a signature over it can be checked anywhere.

RFC 8785 (JSON Canonicalization Scheme) without its numbers: floats are refused.
"""

import hashlib
import json
from typing import Any


def canonical(value: dict[str, Any]) -> bytes:
    """Write as UTF-8 JSON, keys sorted, no white space. Raises ValueError on floats.

    All keys are ASCII here, for which sorting by code point is the order RFC 8785 asks for.
    """
    _refuse_floats(value)
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


def digest(value: dict[str, Any]) -> str:
    """SHA-256 of the canonical form, hex."""
    return hashlib.sha256(canonical(value)).hexdigest()


def _refuse_floats(value: object) -> None:
    if isinstance(value, float):
        raise ValueError("floats have no one way to be written")  # noqa: TRY004
    if isinstance(value, dict):
        for part in value.values():
            _refuse_floats(part)
    elif isinstance(value, list):
        for part in value:
            _refuse_floats(part)
