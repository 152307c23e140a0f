"""Binary BCH codes of length 127, shortened: bits with others behind them that mend mistakes.

Over GF(128) made by x^7 + x^3 + 1 (Lin and Costello, Error Control Coding, chapter 6). A word is a
polynomial whose first bit has the highest degree; the last bits are the remainder of the others.
"""

from collections.abc import Sequence
from functools import cache
from typing import Final, TypeAlias

Bits: TypeAlias = tuple[int, ...]
FIELD: Final = 0b10001001
ORDER: Final = 127


@cache
def _powers() -> tuple[int, ...]:
    """The powers of the field's primitive element, twice around."""
    powers = [1]
    for _ in range(2 * ORDER - 1):
        doubled = powers[-1] << 1
        powers.append(doubled ^ FIELD if doubled & 128 else doubled)
    return tuple(powers)


def _times(a: int, b: int) -> int:
    if not a or not b:
        return 0
    powers = _powers()
    return powers[powers.index(a) + powers.index(b)]


def _inverse(a: int) -> int:
    powers = _powers()
    return powers[ORDER - powers.index(a)]


@cache
def generator(mends: int) -> Bits:
    """The generator, highest degree first, of the code that mends so many wrong bits (1 to 8)."""
    roots: set[int] = set()
    for odd in range(1, 2 * mends, 2):
        roots |= {(odd << i) % ORDER for i in range(7)}
    product = [1]
    for root in sorted(roots):
        raised = [*product, 0]
        for i, factor in enumerate(product):
            raised[i + 1] ^= _times(factor, _powers()[root])
        product = raised
    return tuple(product)


def check_bits(data: Sequence[int], mends: int) -> Bits:
    """The bits to be put behind `data`."""
    divisor = generator(mends)
    rest = [*data, *[0] * (len(divisor) - 1)]
    for i in range(len(data)):
        if rest[i]:
            for j, bit in enumerate(divisor):
                rest[i + j] ^= bit
    return tuple(rest[len(data) :])


def mend(word: Sequence[int], mends: int) -> tuple[Bits, int] | None:
    """The word as it was written and how many bits were wrong; None where it is no such word."""
    locator = _locator(_syndromes(word, mends))
    wrong = [i for i in range(len(word)) if not _value(locator, ORDER - (len(word) - 1 - i))]
    if len(locator) - 1 > mends or len(wrong) != len(locator) - 1:
        return None
    mended = [*word]
    for i in wrong:
        mended[i] ^= 1
    return None if any(_syndromes(mended, mends)) else (tuple(mended), len(wrong))


def _syndromes(word: Sequence[int], mends: int) -> list[int]:
    """The word at the generator's first 2 `mends` roots: zeros where nothing is wrong."""
    places = [len(word) - 1 - i for i, bit in enumerate(word) if bit]
    sums = []
    for root in range(1, 2 * mends + 1):
        total = 0
        for place in places:
            total ^= _powers()[root * place % ORDER]
        sums.append(total)
    return sums


def _locator(syndromes: list[int]) -> list[int]:
    """The shortest polynomial that foretells the syndromes (Berlekamp and Massey), lowest first."""
    now, before, length, gap, old = [1], [1], 0, 1, 1
    for i, syndrome in enumerate(syndromes):
        off = syndrome
        for j in range(1, length + 1):
            off ^= _times(now[j] if j < len(now) else 0, syndromes[i - j])
        if not off:
            gap += 1
            continue
        factor = _times(off, _inverse(old))
        shifted = [*[0] * gap, *(_times(factor, c) for c in before)]
        size = max(len(now), len(shifted))
        mixed = [
            (now[k] if k < len(now) else 0) ^ (shifted[k] if k < len(shifted) else 0)
            for k in range(size)
        ]
        if 2 * length <= i:
            before, old, length, gap = now, off, i + 1 - length, 1
        else:
            gap += 1
        now = mixed
    while len(now) > 1 and not now[-1]:
        now.pop()
    return now


def _value(polynomial: list[int], power: int) -> int:
    """A polynomial's value at a power of the primitive element."""
    total = 0
    for i, factor in enumerate(polynomial):
        total ^= _times(factor, _powers()[i * power % ORDER])
    return total
