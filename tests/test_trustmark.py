"""TrustMark by name: its code as its makers write it, its reader with a stand-in of the decoder."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hub import serve_files
from onnx import TensorProto, helper, numpy_helper

from bonaface import config, weights
from bonaface.catalogue import CATALOGUE, WebPart, Weight
from bonaface.check import _public_marks
from bonaface.core import Picture
from bonaface.errors import FetchFailed, WeightsDamaged
from bonaface.forensics.origin.bch import check_bits, mend
from bonaface.forensics.origin.evidence import Evidence, inspect_origin
from bonaface.forensics.origin.trustmark import (
    ABSENT,
    BITS,
    CODED,
    RARE,
    SCHEMAS,
    PictureMark,
    TrustMark,
    describe_picture_mark,
    fit,
    open_trustmark,
    read_word,
)
from bonaface.forensics.verdict import judge
from bonaface.marks.credentials.files import Credentials
from bonaface.media.files import look
from bonaface.media.photos import read_photo

WRITTEN = (  # words of 100 bits that the published encoder (trustmark 0.9.2) makes of messages
    (
        "1111010100110111110101011011010000001110",
        "110001011000111100111001010111001111100010011100101010000000",
    ),
    (
        "0110111100100010110000100011111111001001010000101110001100010",
        "011101100011011000101101001101100100001",
    ),
    (
        "10000100010101100101100000101000101001000111001001100101111111000010",
        "00000101011001110101101000100010",
    ),
    (
        "101000000010111010111111001011101001000111000001111100000000001100011110010",
        "0111000000110111010010011",
    ),
)
GRID = 10  # the stand-in reads the mean of 10 x 10 fields


def bits_of(letters: str) -> tuple[int, ...]:
    return tuple(int(letter) for letter in letters)


@pytest.mark.parametrize("number", range(4))
def test_words_of_the_published_encoder_are_read_up_to_the_bits_that_it_mends(number: int) -> None:
    message, rest = WRITTEN[number]
    schema, size, mends = SCHEMAS[number]
    assert len(message) == size
    filled = [0] * (-size % 8)
    data = bits_of(message)
    assert "".join(map(str, check_bits([*data, *filled], mends))) == rest[:-4]
    random = np.random.default_rng(number)
    for wrong in range(mends + 1):
        word = list(bits_of(message + rest))
        for place in random.choice(CODED, wrong, replace=False):
            word[place] ^= 1
        read = read_word(tuple(word))
        assert (read.schema, read.message, read.mended) == (schema, message, wrong)
    assert read_word(bits_of(message + rest)).found
    if number:  # as many mended bits as the weaker codes bear are too easily met by chance
        assert not read.found
        assert "chance alone" in describe_picture_mark(read)


def test_bits_that_mean_nothing_are_hardly_ever_taken_for_a_mark() -> None:
    random = np.random.default_rng(8)
    words = random.integers(0, 2, (1500, CODED))
    read = [read_word((*map(int, word), 0, 0, 1, 1)) for word in words]
    assert sum(one.found for one in read) == 0
    assert sum(bool(one.schema) for one in read) > 30, "the weak code fits many of them"
    assert read_word((0,) * BITS).schema == "", "zeros are a word of every code and no message"
    assert read_word((1,) * BITS).schema == "", "and nobody writes this number of a code"


def test_a_word_with_too_many_mistakes_is_no_word() -> None:
    data = bits_of(WRITTEN[1][0])
    word = [*data, 0, 0, 0, *check_bits([*data, 0, 0, 0], 5)]
    for place in range(0, 90, 8):
        word[place] ^= 1
    assert mend(word, 5) is None


def decoder(bits: int = BITS) -> bytes:
    """A graph with the names and sizes of the real one: bright fields of a grid are ones."""
    nodes = [
        helper.make_node("ReduceMean", ["image"], ["grey"], axes=[1], keepdims=1),
        helper.make_node(
            "AveragePool", ["grey"], ["fields"], kernel_shape=[25, 25], strides=[25, 25]
        ),
        helper.make_node("Reshape", ["fields", "flat"], ["all"]),
        helper.make_node("Slice", ["all", "from", "to", "along"], ["output"]),
    ]
    values = [
        numpy_helper.from_array(np.array(value, np.int64), name)
        for name, value in (("flat", [1, -1]), ("from", [0]), ("to", [bits]), ("along", [1]))
    ]
    graph = helper.make_graph(
        nodes,
        "decoder",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, 256, 256])],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, [1, bits])],
        values,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return bytes(model.SerializeToString())


def paint(
    word: tuple[int, ...], depth: int = 40
) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """A picture whose fields, at the decoder's size, are bright where bits are ones."""
    small = np.full((256, 256), 128, np.uint8)
    for i, bit in enumerate(word):
        y, x = divmod(i, GRID)
        small[y * 25 : y * 25 + 25, x * 25 : x * 25 + 25] = 128 + (depth if bit else -depth)
    grey = cv2.resize(small, (700, 500), interpolation=cv2.INTER_LINEAR)
    return np.repeat(grey[..., None], 3, 2).astype(np.uint8)


@pytest.fixture
def maker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, bytes]]:
    """The maker's server on this machine, and a catalogue that pins what lies there."""
    files: dict[str, bytes] = {}
    with serve_files(files) as address:
        here = config.read_settings({"BONAFACE_WEIGHTS": str(tmp_path / "weights")})
        monkeypatch.setattr("bonaface.weights.settings", lambda: here)
        monkeypatch.setattr("bonaface.remote.settings", lambda: here)

        def moved(entry: Weight) -> Weight:
            if not entry.name.startswith("trustmark"):
                return entry
            pin = hashlib.sha256(decoder()).hexdigest()
            return replace(entry, sha256=pin, parts=(WebPart(f"{address}/{entry.file}"),))

        monkeypatch.setattr(weights, "CATALOGUE", tuple(moved(one) for one in CATALOGUE))
        yield files


def test_it_is_fetched_by_name_and_read_in_a_file(maker: dict[str, bytes], tmp_path: Path) -> None:
    limits: list[str] = []
    picture = tmp_path / "marked.png"
    word = bits_of("".join(WRITTEN[1]))
    cv2.imwrite(str(picture), paint(word))
    assert _public_marks(look(picture), limits) == ()
    assert limits == [ABSENT]
    with pytest.raises(FetchFailed):
        weights.fetch("trustmark-q")
    maker["/decoder_Q.onnx"] = decoder() + b" "
    with pytest.raises(WeightsDamaged):
        weights.fetch("trustmark-q")
    maker["/decoder_Q.onnx"] = decoder()
    weights.fetch("trustmark-q")
    (found,) = _public_marks(look(picture), limits)
    assert found == PictureMark("TrustMark Q", "BCH_5", WRITTEN[1][0], 0, 2**-35)
    evidence = Evidence(Credentials("none"), public=(found,))
    (told,) = [one for one in inspect_origin(evidence) if one.inspector == "public-mark"]
    assert told.score is None
    assert f"{int(WRITTEN[1][0], 2):016x}" in told.reason
    assert judge(evidence).word == "cannot-tell"


@pytest.fixture
def reader(tmp_path: Path) -> TrustMark:
    path = tmp_path / "decoder.onnx"
    path.write_bytes(decoder())
    return TrustMark(path, "Q")


def test_the_pictures_of_a_film_are_summed(reader: TrustMark) -> None:
    word = bits_of("".join(WRITTEN[2]))
    random = np.random.default_rng(3)
    assert not list(reader.flush())
    single = 0
    for _ in range(12):  # each alone is too noisy
        wrong = random.random(BITS) < 0.2
        noisy = tuple(int(b) ^ int(w) for b, w in zip(word, wrong, strict=True))
        single += read_word(noisy).found
        reader.push(Picture(0, paint(noisy)))
    (found,) = reader.flush()
    assert single == 0
    assert found.found
    assert found.message == WRITTEN[2][0]
    assert not list(reader.flush()), "what was seen is forgotten"


def test_a_plain_picture_carries_none(reader: TrustMark) -> None:
    reader.push(Picture(0, np.full((300, 300, 3), 90, np.uint8)))
    (found,) = reader.flush()
    assert not found.found
    assert found.chance > RARE
    assert "not found" in describe_picture_mark(found)


def test_real_photographs_carry_none(reader: TrustMark, media: Path) -> None:
    for path in sorted((media / "portraits").glob("*.jpg"))[:10]:
        reader.push(read_photo(path))
        (found,) = reader.flush()
        assert not found.found, path.name


def test_long_pictures_are_read_in_their_middle_square() -> None:
    pixels = np.zeros((100, 300, 3), np.uint8)
    pixels[:, 100:200] = 255
    assert fit(pixels, "Q").min() == 1.0
    assert fit(pixels[:, 50:250], "Q").min() == -1.0, "not so one that is twice as long as high"
    assert fit(pixels[:, 50:250], "P").shape == (1, 3, 224, 224)
    assert fit(pixels[:, 50:250], "P").min() == 1.0


def test_a_model_that_answers_otherwise_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.onnx"
    path.write_bytes(decoder(bits=50))
    with pytest.raises(WeightsDamaged):
        TrustMark(path, "Q").push(Picture(0, np.zeros((64, 64, 3), np.uint8)))


@pytest.mark.usefixtures("maker")
def test_nothing_is_opened_that_was_not_fetched() -> None:
    assert open_trustmark() == ()
