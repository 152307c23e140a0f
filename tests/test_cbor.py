"""CBOR as credentials use it, and what strangers make of it."""

from typing import Any

import pytest

from bonaface.marks.live import cbor


@pytest.mark.parametrize(
    ("value", "encoded"),  # RFC 8949, appendix A
    [
        (0, "00"),
        (23, "17"),
        (24, "1818"),
        (1_000_000, "1a000f4240"),
        (18_446_744_073_709_551_615, "1bffffffffffffffff"),
        (-1, "20"),
        (-1000, "3903e7"),
        (False, "f4"),
        (True, "f5"),
        (None, "f6"),
        (b"\1\2\3\4", "4401020304"),
        ("ü", "62c3bc"),
        ([1, [2, 3]], "8201820203"),
        ({"a": 1, "b": [2, 3]}, "a26161016162820203"),
        (cbor.Tagged(0, "2013-03-21T20:04:00Z"), "c074323031332d30332d32315432303a30343a30305a"),
    ],
)
def test_cbor_is_that_of_the_standard(value: Any, encoded: str) -> None:
    assert cbor.write(value).hex() == encoded
    assert cbor.read(bytes.fromhex(encoded)) == value


SHORT = ["", "18", "5803", "a10000ff", "1c", "62c328", "bb" + "ff" * 8, "9b" + "ff" * 8]
ODD = ["9f00ff", "fb3ff0000000000000", "a201000100", "0000", "81" * 5000]


@pytest.mark.parametrize("hostile", SHORT + ODD)
def test_hostile_cbor_is_refused(hostile: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 that is all it promises
        cbor.read(bytes.fromhex(hostile))
