from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import av
import numpy as np
import pytest
from peers import paint_number, read_number
from scenes import paint_scene, speak_scene

from bonaface.core import SECOND, Picture, Sound, over
from bonaface.marks.picture.mark import PictureMark
from bonaface.marks.picture.reader import read_picture_mark
from bonaface.marks.sound.mark import SoundMark
from bonaface.marks.sound.reader import read_sound_mark
from bonaface.media.webrtc.codecs import Encoded, PictureCodec, PictureEncoder, SoundEncoder
from bonaface.media.webrtc.feeds import fit
from bonaface.media.webrtc.rate import LADDER, START, Adaptation, Rung
from bonaface.media.webrtc.reception import BUDGET, PictureBuffer, SoundBuffer, starts_key
from bonaface.stream.clock import ManualClock

MARK_ID = 0x0123_4567_89AB_CDEF
HALF_MEGABIT = next(rung for rung in LADDER if rung.bits == 500_000)


def decode(codec: PictureCodec, packets: list[Encoded]) -> list[np.ndarray[Any, Any]]:
    decoder = av.CodecContext.create("h264" if codec == "H264" else "vp8", "r")
    assert isinstance(decoder, av.VideoCodecContext)
    frames = [frame for one in packets for frame in decoder.decode(av.Packet(one.data))]
    frames += decoder.decode(None)
    return [np.asarray(frame.to_ndarray(format="rgb24"), np.uint8) for frame in frames]


def encode(codec: PictureCodec, rung: Rung, pictures: list[Picture]) -> list[Encoded]:
    encoder = PictureEncoder(codec, fit(pictures[0].pixels.shape, rung.scale), rung)
    packets = [encoder.encode(one.pixels, one.at, key=False) for one in pictures]
    return [one for one in packets if one is not None]


@pytest.mark.parametrize("codec", ["H264", "VP8"])
def test_one_picture_in_one_out_at_once_and_a_key_when_asked(codec: PictureCodec) -> None:
    encoder = PictureEncoder(codec, (256, 256), HALF_MEGABIT)
    packets = []
    for i in range(10):
        packet = encoder.encode(paint_number(i), i * SECOND // 25, key=i == 6)
        assert packet is not None
        packets.append(packet)
    assert [one.key for one in packets] == [i in {0, 6} for i in range(10)]
    assert [one.pts for one in packets] == [i * 3600 for i in range(10)]
    assert [read_number(pixels) for pixels in decode(codec, packets)] == list(range(10))
    late = decode(codec, packets[6:])
    assert read_number(late[0]) == 6, "a key needs none before it"


def test_h264_is_what_every_browser_decodes() -> None:
    packet = encode("H264", HALF_MEGABIT, [Picture(0, paint_number(1))])[0]
    at = packet.data.index(b"\0\0\1\x67") + 4
    profile, constraints, level = packet.data[at : at + 3]
    assert profile == 66  # baseline
    assert constraints & 0x40  # and its constrained part
    assert level <= 31


@pytest.mark.parametrize("codec", ["H264", "VP8"])
def test_colours_stay(codec: PictureCodec) -> None:
    patches = [(200, 60, 50), (60, 190, 70), (70, 80, 210), (222, 177, 150)]
    pixels = np.zeros((128, 512, 3), np.uint8)
    for i, colour in enumerate(patches):
        pixels[:, 128 * i : 128 * (i + 1)] = colour
    seen = decode(codec, encode(codec, LADDER[-1], [Picture(0, pixels)]))[0]
    for i, colour in enumerate(patches):
        middle = seen[40:90, 128 * i + 40 : 128 * i + 90].reshape(-1, 3).mean(0)
        assert np.abs(middle - colour).max() < 5


@pytest.mark.parametrize("codec", ["H264", "VP8"])
@pytest.mark.parametrize("rung", LADDER, ids=lambda rung: f"{rung.bits // 1000}k")
def test_every_rung_keeps_to_its_bits(codec: PictureCodec, rung: Rung) -> None:
    draw = np.random.default_rng(1)
    noise = draw.integers(0, 60, (40, 256, 256, 3)).astype(np.uint8)  # harder than any face
    pictures = [Picture(i * SECOND // 25, paint_number(i) // 2 + noise[i]) for i in range(40)]
    packets = encode(codec, rung, pictures[:: rung.every])
    sizes = [8 * len(one.data) for one in packets]
    seconds = len(pictures) / 25
    assert sum(sizes[5:]) / seconds < 1.6 * rung.bits
    assert decode(codec, packets)[0].shape[0] == fit((256, 256), rung.scale)[1]


@pytest.mark.realtime
@pytest.mark.parametrize("codec", ["H264", "VP8"])
def test_the_hidden_mark_is_read_at_half_a_megabit(codec: PictureCodec) -> None:
    marked = [one.picture for one in over(PictureMark(MARK_ID), paint_scene(125))]
    packets = encode(codec, HALF_MEGABIT, marked)
    assert sum(len(one.data) for one in packets) * 8 < 1.1 * 500_000 * 125 / 25
    seen = decode(codec, packets)
    film = [Picture(one.at, pixels) for one, pixels in zip(marked, seen, strict=True)]
    assert read_picture_mark(film).mark_id == MARK_ID


@pytest.mark.realtime
def test_the_sound_mark_is_read_after_opus() -> None:
    marked = list(over(SoundMark(MARK_ID), [speak_scene(10)]))
    samples = np.concatenate([one.samples for one in marked])
    encoder = SoundEncoder()
    packets = []
    for start in range(0, len(samples) - 959, 960):
        run = samples[start : start + 960]
        packets += encoder.encode(run, start * SECOND // 48_000)
    heard = Sound(0, hear(packets), 48_000)
    assert read_sound_mark(heard).mark_id == MARK_ID & 0xFFFF_FFFF


def hear(packets: list[Encoded]) -> np.ndarray[Any, Any]:
    decoder = av.CodecContext.create("libopus", "r")
    assert isinstance(decoder, av.AudioCodecContext)
    decoder.sample_rate, decoder.layout, decoder.format = 48_000, "mono", "flt"
    runs = []
    for one in packets:
        packet = av.Packet(one.data)
        packet.pts, packet.time_base = one.pts, Fraction(1, 48_000)
        runs += [frame.to_ndarray().reshape(-1) for frame in decoder.decode(packet)]
    wave = np.concatenate(runs)
    scale = np.float32(32768 if wave.dtype == np.int16 else 1)
    return np.asarray(wave, np.float32) / scale


def test_sound_keeps_its_time() -> None:
    encoder = SoundEncoder()
    packets = [
        one
        for i in range(5)
        for one in encoder.encode(np.zeros(960, np.float32), SECOND + i * SECOND // 50)
    ]
    ahead = 48_000 - packets[0].pts  # the encoder looks ahead, and says so
    assert 0 <= ahead < 960
    assert np.diff([one.pts for one in packets]).tolist() == [960] * 4


# Arriving packets


def packet(number: int, stamp: int, data: bytes, **more: Any) -> Any:
    given = {"payload_type": 97, "marker": 1, "ssrc": 1} | more
    whole = b"\x90\x80\x80\x01" + data if data else b""
    return SimpleNamespace(
        sequence_number=number % 2**16, timestamp=stamp, payload=whole, _data=data, **given
    )


KEY, DELTA = b"\x10key", b"\x11delta"


def buffered() -> tuple[PictureBuffer, ManualClock]:
    clock = ManualClock()
    return PictureBuffer(clock, {97: "VP8", 99: "H264"}), clock


def test_pictures_go_on_with_their_last_packet_and_across_the_wrap() -> None:
    buffer, _ = buffered()
    first = 2**16 - 2
    assert buffer.add(packet(first, 0, KEY, marker=0)) == (False, None)
    ask, frame = buffer.add(packet(first + 1, 0, b"more"))
    assert (ask, frame.data if frame else None) == (False, KEY + b"more")
    _, frame = buffer.add(packet(first + 2, 3600, DELTA))
    assert frame is not None
    assert frame.data == DELTA


def test_packets_change_places_and_padding_is_nothing() -> None:
    buffer, _ = buffered()
    buffer.add(packet(0, 0, KEY))
    assert buffer.add(packet(2, 3600, b"b"))[1] is None
    assert buffer.add(packet(1, 3600, DELTA, marker=0))[1].data == DELTA + b"b"  # type: ignore[union-attr]
    assert buffer.add(packet(3, 3600, b"", marker=0))[1] is None
    assert buffer.add(packet(4, 7200, DELTA))[1].data == DELTA  # type: ignore[union-attr]


def test_a_hole_is_waited_for_then_left_for_a_key() -> None:
    buffer, clock = buffered()
    buffer.add(packet(0, 0, KEY))
    assert buffer.add(packet(2, 7200, DELTA)) == (False, None)
    clock._now += SECOND // 2
    assert buffer.add(packet(3, 10800, DELTA)) == (True, None), "a key picture is asked for"
    assert buffer.add(packet(4, 14400, DELTA)) == (False, None), "once"
    assert buffer.add(packet(5, 18000, KEY))[1] is not None
    assert buffer.add(packet(6, 21600, DELTA))[1] is not None
    assert buffer.skipped == 3


def test_a_camera_of_4k_at_120_is_decoded_within_the_budget() -> None:
    buffer, clock = buffered()
    pixels = 0
    for number in range(10 * 120):
        clock._now = number * SECOND // 120
        data = KEY if number % 12 == 0 else DELTA
        _, frame = buffer.add(packet(number, number * 750, data))
        if frame is not None:
            buffer.note_decoded(3840, 2160)
            pixels += 3840 * 2160
    assert 0.5 * 10 * BUDGET < pixels < 1.5 * 10 * BUDGET
    assert buffer.skipped > 1000


def test_keys_are_known_in_h264_and_vp8() -> None:
    codecs = {97: "VP8", 99: "H264"}
    assert starts_key(codecs, packet(0, 0, KEY))
    assert not starts_key(codecs, packet(0, 0, DELTA))
    assert not starts_key(codecs, packet(0, 0, b""))
    assert starts_key(codecs, packet(0, 0, b"\0\0\0\1\x67...", payload_type=99))
    assert not starts_key(codecs, packet(0, 0, b"\0\0\0\1\x41...", payload_type=99))


def test_sound_goes_on_at_once_and_late_packets_are_lost() -> None:
    buffer = SoundBuffer()
    got = [buffer.add(packet(n, n * 960, b"x"))[1] for n in (10, 11, 13, 12, 14)]
    assert [one is not None for one in got] == [True, True, True, False, True]
    assert buffer.late == 1


# Adaptation


def test_the_rate_falls_at_once_and_rises_with_patience() -> None:
    adaptation = Adaptation()
    at = 10 * SECOND
    start = adaptation.rung.bits
    fell = adaptation.report(at, 0, 300_000, 760_000)
    assert fell.bits <= 300_000 - 48_000 < start, "sound comes first"
    rungs = [adaptation.report(at + i * SECOND, 0, None, fell.bits).bits for i in range(1, 40)]
    assert rungs == sorted(rungs)
    assert rungs[2] == fell.bits, "not at once"
    assert rungs[-1] > start


def test_a_rate_that_did_not_fit_is_tried_again_later_and_later() -> None:
    adaptation = Adaptation()
    climbs, before = [], adaptation.rung.bits
    for second in range(1, 400):
        fits = before <= 700_000
        now = adaptation.report(second * SECOND, 0.0 if fits else 0.3, None, before).bits
        if now > before and now > 700_000:
            climbs.append(second)
        before = now
    gaps = np.diff(climbs)
    assert len(climbs) > 3
    assert gaps[-1] > 3 * gaps[0], "hysteresis"


def test_some_loss_holds_and_much_loss_lowers() -> None:
    adaptation = Adaptation()
    for second in range(1, 30):
        assert adaptation.report(second * SECOND, 0.05, None, 700_000) == LADDER[START]
    for second in range(30, 90):
        lowest = adaptation.report(second * SECOND, 0.4, None, adaptation.rung.bits)
    assert lowest == LADDER[0]
    assert lowest.every == 2
