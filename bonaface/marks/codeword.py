"""Ids as codewords: a keyed tag against accidents, a convolutional code against damage.

Code: tail-biting, constraint length 7, rate 1/3, generators 133, 165, 171 (octal). Decoder: soft
Viterbi that runs around the circle three times and keeps the middle (a wrap-around decoder;
Shao, Lin and Fossorier, IEEE Trans. Communications 51(10), 2003).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bonaface.marks.reading_key import ReadingKey

RATE = 3  # coded bits for each bit
MEMORY = 6  # bits the encoder remembers
GENERATORS = (0o133, 0o165, 0o171)
TURNS = 3  # around the circle; the middle one is kept

Bits = NDArray[np.uint8]
Soft = NDArray[np.float32]  # positive leans to 1, negative to 0; the size says how much


@dataclass(frozen=True, slots=True)
class Message:
    """What a mark carries: an id of `id_bits`, and a tag of `tag_bits` over it."""

    purpose: str  # keeps the tags of pictures and of sounds apart
    id_bits: int
    tag_bits: int

    @property
    def bits(self) -> int:
        """Length before coding."""
        return self.id_bits + self.tag_bits

    @property
    def coded_bits(self) -> int:
        """Length after coding."""
        return self.bits * RATE

    def write(self, mark_id: int, key: ReadingKey) -> Soft:
        """Answer the codeword of an id: (coded_bits,) of -1 and 1."""
        if not 0 <= mark_id < 1 << self.id_bits:
            raise ValueError(f"an id has {self.id_bits} bits")
        return encode(spread((mark_id << self.tag_bits) | self._tag(mark_id, key), self.bits))

    def read(self, soft: Soft, key: ReadingKey) -> int | None:
        """Answer the id, or None when the tag does not fit: by accident, once in 2**tag_bits."""
        whole = gather(decode(soft))
        mark_id = whole >> self.tag_bits
        tag = whole & ((1 << self.tag_bits) - 1)
        return mark_id if tag == self._tag(mark_id, key) else None

    def _tag(self, mark_id: int, key: ReadingKey) -> int:
        return key.tag(self.purpose, mark_id.to_bytes(8, "big"), self.tag_bits)


def spread(value: int, count: int) -> Bits:
    """Answer the lowest `count` bits of `value`, highest first."""
    return np.array([(value >> (count - 1 - i)) & 1 for i in range(count)], np.uint8)


def gather(bits: Bits) -> int:
    """Answer the integer whose bits, highest first, are `bits`."""
    return int("".join(map(str, bits.tolist())), 2)


def _trellis() -> tuple[Soft, NDArray[np.int64], Soft]:
    """Outputs by (state, bit), the two states before each state, and outputs on those ways."""
    state, bit = np.meshgrid(np.arange(1 << MEMORY), (0, 1), indexing="ij")
    register = (bit << MEMORY) | state
    parity = [np.bitwise_count(register & g) & 1 for g in GENERATORS]
    out = (np.stack(parity, -1) * 2.0 - 1.0).astype(np.float32)
    # A state's top bit is the bit that led to it; the bit that fell out at the bottom is lost.
    after = np.arange(1 << MEMORY)
    before = np.stack([((after << 1) & ((1 << MEMORY) - 1)) | fell for fell in (0, 1)], -1)
    return out, before, out[before, (after >> (MEMORY - 1))[:, None]]


_OUT, _BEFORE, _WAYS = _trellis()


def encode(bits: Bits) -> Soft:
    """Answer (3 n,) of -1 and 1 for (n,) bits. The encoder starts in the state it will end in."""
    state = 0
    for bit in bits[-MEMORY:]:
        state = (int(bit) << (MEMORY - 1)) | (state >> 1)
    out = []
    for bit in bits:
        out.append(_OUT[state, bit])
        state = (int(bit) << (MEMORY - 1)) | (state >> 1)
    return np.concatenate(out)


def decode(soft: Soft) -> Bits:
    """Answer the (n,) likeliest bits behind (3 n,) soft values."""
    observed = np.asarray(soft, np.float32).reshape(-1, RATE)
    count = len(observed)
    gains = np.einsum("swr,nr->nsw", _WAYS, observed)
    metric = np.zeros(1 << MEMORY, np.float32)
    chosen = np.empty((TURNS * count, 1 << MEMORY), np.bool_)
    for step in range(TURNS * count):
        ways = metric[_BEFORE] + gains[step % count]
        chosen[step] = ways[:, 1] > ways[:, 0]
        metric = ways.max(1)
    return _trace(chosen, int(metric.argmax()))[count : 2 * count]


def _trace(chosen: NDArray[np.bool_], state: int) -> Bits:
    """Walk back from the best last state, reading the bit that led to each."""
    bits = np.empty(len(chosen), np.uint8)
    for step in range(len(chosen) - 1, -1, -1):
        bits[step] = state >> (MEMORY - 1)
        state = int(_BEFORE[state, int(chosen[step, state])])
    return bits
