"""Enrolled with consent, told from others, and refused when the consent is over."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest

from bonaface import enrol as enrolling
from bonaface.cli import main
from bonaface.consent.policy import permit
from bonaface.consent.portrait import hash_portrait
from bonaface.consent.records import ConsentRecord, Terms, grant, revoke, save_record
from bonaface.core import SECOND, Finding, Picture, Sound, over
from bonaface.enrol import enrol
from bonaface.errors import ConsentDenied, ConsentError, KeysError, UnreadableMedia
from bonaface.face.find import Face, find_faces
from bonaface.face.identity import embed_face
from bonaface.forensics.inspector import Inspector, Seen
from bonaface.forensics.look import Look, Sight
from bonaface.forensics.reference.crowd import crowd_limit
from bonaface.forensics.reference.file import (
    Likely,
    Reference,
    gather,
    load_reference,
    save_reference,
)
from bonaface.forensics.reference.inspect import Permitted, open_reference
from bonaface.forensics.reference.likeness import FaceReference
from bonaface.forensics.reference.speaking import Speaking, Uttered
from bonaface.forensics.reference.voice import VoiceReference
from bonaface.forensics.reference.weigh import Weigh, tell_spans
from bonaface.media.photos import read_photo
from bonaface.speech.voice import LEAST, embed_voice

pytestmark = pytest.mark.usefixtures("home")
NOW, UNTIL = datetime.now(UTC), date(2099, 12, 31)
RATE = 16_000
Floats = np.ndarray[tuple[int, ...], np.dtype[np.float32]]


def agree(photo: Picture, *purposes: str, basis: str = "self") -> ConsentRecord:
    portrait = hash_portrait(b"photo", photo)
    return grant(portrait, Terms("Ada", basis, purposes or ("reference",), UNTIL), NOW)


def point(size: int, seed: int) -> Floats:
    """A random point of length 1, no number below nothing, as voices lie."""
    drawn = np.abs(np.random.default_rng(seed).normal(size=size)).astype(np.float32)
    return np.asarray(drawn / np.linalg.norm(drawn), np.float32)


def place(size: int, seed: int) -> Likely:
    return gather(point(size, seed)[None], 20.0)


def made(record: ConsentRecord) -> Reference:
    ids = (record.record_id, record.digest, UNTIL)
    return Reference(*ids, NOW.replace(microsecond=0), place(256, 1), place(128, 2))


def whole(inspector: Inspector, seen: list[Seen]) -> Finding:
    *_, last = over(inspector, seen)
    assert last.whole
    return last


@pytest.fixture
def record(photo: Picture) -> ConsentRecord:
    return agree(photo)


@pytest.fixture
def path(record: ConsentRecord, tmp_path: Path) -> Path:
    path = tmp_path / "ada.reference"
    save_reference(made(record), path)
    return path


# Consent


def test_consent_to_be_measured_moves_no_face(photo: Picture, record: ConsentRecord) -> None:
    for purpose in (None, "reference"):
        with pytest.raises(ConsentDenied, match="moves no face"):
            permit(record, photo, purpose, NOW)


def test_consent_to_move_is_none_to_measure(photo: Picture) -> None:
    with pytest.raises(ConsentDenied, match="not for reference"):
        enrol([], agree(photo, "training-video"))


def test_words_agreed_to_speak_of_measuring(photo: Picture, record: ConsentRecord) -> None:
    assert "biometric" in record.notice
    assert "not made to move" in record.notice
    assert "biometric" not in agree(photo, "training-video").notice


def test_measuring_is_agreed_to_alone_and_in_person(photo: Picture) -> None:
    with pytest.raises(ConsentError, match="by itself"):
        agree(photo, "reference", "training-video")
    for basis in ("guardian-of-estate", "public-domain-historical"):
        with pytest.raises(ConsentError, match="living person"):
            agree(photo, "reference", basis=basis)


def test_revoked_consent_enrols_nobody(record: ConsentRecord) -> None:
    revoke(record, NOW)
    with pytest.raises(ConsentDenied, match="revoked"):
        enrol([], record)


# The file


def test_file_keeps_measures_and_is_private(path: Path, record: ConsentRecord) -> None:
    kept, told = load_reference(path), made(record)
    assert path.stat().st_mode & 0o777 == 0o600
    assert (kept.record_id, kept.digest, kept.until) == (told.record_id, told.digest, UNTIL)
    assert kept.made_at == told.made_at
    assert kept.voice is not None
    assert kept.voice.distance(point(256, 1)) < 1e-3
    assert "Ada" not in path.read_text()


def test_file_that_others_may_read_is_refused(path: Path) -> None:
    path.chmod(0o644)
    with pytest.raises(KeysError):
        load_reference(path)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda said: said | {"version": 3},
        lambda said: said | {"kind": "other"},
        lambda said: said | {"until": "never"},
        lambda said: said | {"voice": {**said["voice"], "centre": [float("nan")] * 256}},
        lambda said: said | {"voice": {**said["voice"], "centre": [1.0]}},
        lambda said: said | {"face": {**said["face"], "usual": float("inf")}},
        lambda said: said | {"face": []},
        lambda said: [said],
    ],
)
def test_spoilt_file_is_refused(
    path: Path, spoil: Callable[[dict[str, object]], dict[str, object]]
) -> None:
    path.write_text(json.dumps(spoil(json.loads(path.read_text()))))
    with pytest.raises(UnreadableMedia, match="no reference"):
        load_reference(path)


@pytest.mark.parametrize("data", [b"", b"{", b"\xff\xfe", b"[" * 50_000])
def test_bytes_that_are_no_file_are_refused(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    with pytest.raises(UnreadableMedia):
        load_reference(path)


def test_revoked_reference_does_not_open(path: Path, record: ConsentRecord) -> None:
    assert {one.name for one in open_reference(path)} == {"reference-voice", "reference-face"}
    revoke(record, NOW)
    with pytest.raises(ConsentDenied, match="revoked"):
        open_reference(path)


def test_expired_reference_is_refused(record: ConsentRecord) -> None:
    late = datetime(2100, 1, 2, tzinfo=UTC)
    with pytest.raises(ConsentDenied, match="ended on 2099-12-31"):
        made(record).check(late)


def test_reference_of_another_installation_is_refused(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bonaface.config import settings  # noqa: PLC0415

    monkeypatch.setenv("BONAFACE_HOME", str(tmp_path / "elsewhere"))
    settings.cache_clear()
    with pytest.raises(ConsentDenied, match="not known"):
        open_reference(path)


def test_consent_taken_back_in_the_middle_ends_the_comparison(record: ConsentRecord) -> None:
    inspector = Permitted(VoiceReference(place(256, 1)), made(record))
    quiet = np.zeros(RATE, np.float32)
    for second in range(5):
        list(inspector.push(Sound(second * SECOND, quiet.copy(), RATE)))
    revoke(record, NOW)
    later = [Sound(second * SECOND, quiet.copy(), RATE) for second in range(5, 16)]
    with pytest.raises(ConsentDenied, match="revoked"):
        list(over(inspector, later))
    with pytest.raises(ConsentDenied, match="revoked"):
        list(inspector.flush())


# Voice


class Told(Speaking):
    """Utterances that are told, one for each sound, in place of what is heard."""

    def __init__(self, points: list[Floats]) -> None:
        super().__init__()
        self._points = points

    def push(self, item: Sound):  # type: ignore[no-untyped-def]  # noqa: ANN201
        yield Uttered(item.at, item.until, self._points[item.at // (3 * SECOND)], 3.0)


def judged(points: list[Floats], monkeypatch: pytest.MonkeyPatch) -> list[Finding]:
    monkeypatch.setattr(
        "bonaface.forensics.reference.voice.Speaking", lambda: Told(points), raising=True
    )
    inspector = VoiceReference(place(256, 1))
    quiet = np.zeros(3 * RATE, np.float32)
    return list(over(inspector, [Sound(3 * i * SECOND, quiet, RATE) for i in range(len(points))]))


def test_other_voice_is_told_with_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    far = np.zeros(256, np.float32)
    far[0] = 1
    near = point(256, 1)
    *moments, last = judged([near, near, far, far, near, near], monkeypatch)
    assert [m.score is not None and m.score > 0.9 for m in moments] == [0, 0, 1, 1, 0, 0]
    assert "Not the enrolled voice, 0:06-0:12" in last.reason
    assert last.whole
    assert last.score is not None
    assert last.score > 0.9


def test_same_voice_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    *_, last = judged([point(256, 1)] * 4, monkeypatch)
    assert last.score is not None
    assert 0.2 < last.score < 0.5
    assert "clone" in last.reason


@pytest.mark.parametrize("level", [0.0, 1e-5, 0.02])
def test_no_speech_is_not_judged(level: float) -> None:
    noise = np.random.default_rng(0).normal(size=4 * RATE).astype(np.float32) * np.float32(level)
    last = whole(VoiceReference(place(256, 1)), [Sound(0, noise, RATE)])
    assert last.score is None
    assert last.quality == 0


def test_nothing_at_all_is_not_judged() -> None:
    for inspector in (VoiceReference(place(256, 1)), FaceReference(place(128, 2))):
        assert whole(inspector, []).score is None


def test_voice_points_are_of_length_one_and_ignore_level() -> None:
    sound = np.random.default_rng(1).normal(size=3 * RATE).astype(np.float32) * np.float32(0.005)
    points = embed_voice(sound)
    assert points.shape == (2, 256)
    assert np.linalg.norm(points, axis=1) == pytest.approx(1, abs=1e-4)
    assert embed_voice(sound * np.float32(0.5)) == pytest.approx(points, abs=1e-3)
    with pytest.raises(ValueError, match="too few"):
        embed_voice(sound[: LEAST - 1])


@pytest.mark.media
def test_a_voice_under_music_is_not_judged(media: Path) -> None:
    from bonaface.media.files import gather_sound  # noqa: PLC0415

    voice = gather_sound(media / "speech" / "openai-real-tests-jfk.flac", RATE, 10).samples
    at = np.arange(len(voice)) / RATE
    chord = np.asarray(sum(np.sin(2 * np.pi * pitch * at) for pitch in (196, 247, 294, 392)))
    music = chord * np.sqrt(np.mean(voice**2) / np.mean(chord**2))
    said = {}
    for below in (0, 30):
        mixed = (voice + music * 10 ** (-below / 20)).astype(np.float32)
        runs: list[Seen] = [
            Sound(i * SECOND, mixed[i * RATE : (i + 1) * RATE].copy(), RATE) for i in range(10)
        ]
        said[below] = whole(VoiceReference(place(256, 1)), runs)
    assert said[0].score is None
    assert "music" in said[0].reason
    assert said[30].score is not None, "it is another's, and said so"


@pytest.mark.media
def test_speakers_are_told_apart(media: Path) -> None:
    from bonaface.media.files import gather_sound  # noqa: PLC0415

    names = [f"coqui-ai-real-tests-data-ljspeech-wavs-LJ001-000{i}.wav" for i in (1, 3, 4)]
    names.append("openai-real-tests-jfk.flac")
    heard = [gather_sound(media / "speech" / name, RATE, 8).samples for name in names]
    points = [embed_voice(sound).mean(0) for sound in heard]
    enrolled = gather(np.array(points[:2], np.float32), 16.0)
    assert enrolled.distance(points[2]) + 0.2 < enrolled.distance(points[3])


# Face


def faced(photo: Picture) -> Face:
    return find_faces(photo)[0]


def looks(photo: Picture, face: Face, count: int = 6) -> list[Seen]:
    return [Look(Picture(i * SECOND, photo.pixels), (Sight(0, face),)) for i in range(count)]


def test_enrolled_face_fits_and_another_does_not(photo: Picture) -> None:
    face = faced(photo)
    own = gather(embed_face(photo, face.landmarks)[None], 9.0)
    fits = whole(FaceReference(own), looks(photo, face))
    other = whole(FaceReference(place(128, 5)), looks(photo, face))
    assert fits.score is not None
    assert other.score is not None
    assert fits.score < 0.5
    assert other.score > 0.9
    assert "swapped" in fits.reason
    assert "Not the enrolled face, 0:00-0:06" in other.reason


def test_face_is_the_same_when_smaller(photo: Picture) -> None:
    half = Picture(0, np.ascontiguousarray(photo.pixels[::2, ::2]))
    points = [embed_face(one, faced(one).landmarks) for one in (photo, half)]
    assert np.linalg.norm(points[0] - points[1]) < 0.35


def test_small_face_is_not_judged(photo: Picture) -> None:
    face = faced(photo)
    step = int(face.height // 40)
    small = Picture(0, np.ascontiguousarray(photo.pixels[::step, ::step]))
    shrunk = Face(face.box, (face.landmarks / step).astype(np.float32), face.score, face.score)
    last = whole(FaceReference(place(128, 5)), looks(small, shrunk))
    assert last.score is None
    assert "small" in last.reason


def test_nearest_of_ten_faces_counts(photo: Picture) -> None:
    face = faced(photo)
    own = gather(embed_face(photo, face.landmarks)[None], 9.0)
    moved = Face(face.box, face.landmarks + np.float32(40), face.score, face.score)
    sights = (*(Sight(i, moved) for i in range(9)), Sight(9, face))
    last = whole(FaceReference(own), [Look(photo, sights)])
    assert last.score is not None
    assert last.score < 0.5


def test_where_others_come_as_near_nothing_is_said(
    photo: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    face = faced(photo)
    point = embed_face(photo, face.landmarks)
    aside = np.zeros_like(point)
    aside[0] = 0.48
    near = gather((point + aside)[None], 9.0)
    monkeypatch.setattr("bonaface.forensics.reference.likeness.crowd_limit", lambda _: 0.52)
    usual = whole(FaceReference(near), looks(photo, face))
    monkeypatch.setattr("bonaface.forensics.reference.likeness.crowd_limit", lambda _: 0.44)
    crowded = whole(FaceReference(near), looks(photo, face))
    assert (usual.score or 1) < 0.5
    assert "fits" in usual.reason
    assert crowded.score == 0.5
    assert "settles nothing" in crowded.reason
    assert "Not the enrolled face" not in crowded.reason
    far = whole(FaceReference(place(128, 5)), looks(photo, face))
    assert (far.score or 0) > 0.9, "whoever is far is another, however crowded it is"


def test_the_limit_never_excludes_the_same_picture() -> None:
    random = np.random.default_rng(0)
    points = random.normal(size=(200, 128)).astype(np.float32) * 0.2
    limits = [crowd_limit(point) for point in points]
    assert min(limits) >= 0.3
    assert np.std(limits) > 0.01


@pytest.mark.media
def test_it_is_more_crowded_where_the_network_learnt_little(media: Path) -> None:
    def middle(origin: str) -> float:
        limits = []
        for path in sorted((media / "faces").glob(f"utk_*_{origin}_*"))[:40:4]:
            picture = read_photo(path)
            limits += [
                crowd_limit(embed_face(picture, one.landmarks)) for one in find_faces(picture)[:1]
            ]
        return float(np.median(limits))

    assert middle("asian") < middle("white") - 0.05


# Enrolment


def measured(monkeypatch: pytest.MonkeyPatch, faces: list[Floats], voices: list[Floats]) -> None:
    rows = [(one, None, 0.0) for one in faces] + [(None, one, 3.0) for one in voices]
    monkeypatch.setattr(enrolling, "_measure", lambda _: rows)
    monkeypatch.setattr(enrolling, "_follow", lambda _: ([], []))


def test_face_is_enrolled_only_where_the_portrait_agrees(
    photo: Picture, record: ConsentRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = embed_face(photo, faced(photo).landmarks)
    measured(monkeypatch, [own] * 6, [point(256, 1)] * 5)
    assert enrol([Path("ada.mp4")], record, photo).face is not None
    assert enrol([Path("ada.mp4")], record).face is None
    measured(monkeypatch, [point(128, 5)] * 6, [point(256, 1)] * 5)
    with pytest.raises(ConsentDenied, match="not the one in the portrait"):
        enrol([Path("ada.mp4")], record, photo)


def test_portrait_without_a_face_vouches_for_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    blank = Picture(0, np.random.default_rng(0).integers(0, 255, (200, 200, 3), np.uint8))
    measured(monkeypatch, [point(128, 5)] * 6, [])
    with pytest.raises(ConsentDenied, match="not the one in the portrait"):
        enrol([Path("ada.mp4")], agree(blank), blank)


def test_other_portrait_is_refused(photo: Picture, record: ConsentRecord) -> None:
    turned = Picture(0, np.ascontiguousarray(photo.pixels[::-1]))
    with pytest.raises(ConsentDenied, match="another portrait"):
        enrol([], record, turned)


def test_little_speech_is_refused_with_what_to_do(
    record: ConsentRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured(monkeypatch, [], [point(256, 1)] * 3)
    with pytest.raises(UnreadableMedia, match="Neither") as refusal:
        enrol([Path("ada.wav")], record)
    assert "10 seconds of clear speech" in str(refusal.value.remedy)


def test_several_people_are_refused(
    photo: Picture, record: ConsentRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = embed_face(photo, faced(photo).landmarks)
    measured(monkeypatch, [own, own, own, -own, -own], [])
    with pytest.raises(UnreadableMedia, match="different faces"):
        enrol([Path("two.mp4")], record, photo)
    halves = [np.eye(256, dtype=np.float32)[i % 2] for i in range(6)]
    measured(monkeypatch, [], [*halves, *(np.eye(256, dtype=np.float32)[7:11])])
    with pytest.raises(UnreadableMedia, match="Several voices"):
        enrol([Path("two.wav")], record)


# The rest


def test_scores_rise_with_distance_and_never_clear() -> None:
    weigh = Weigh(0.8, 20.0)
    scores = [weigh.score(distance) for distance in (0.0, 0.7, 0.8, 0.9, 2.0)]
    assert scores == sorted(scores)
    assert scores[0] >= 0.2
    assert scores[2] == pytest.approx(0.5)


def test_near_moments_make_one_span() -> None:
    moments = [Finding(at * SECOND, (at + 3) * SECOND, "x", 0.9, "") for at in (12, 15, 19, 60)]
    assert tell_spans("Other", moments) == "Other, 0:12-0:22 and 1:00-1:03."
    assert tell_spans("Other", []) == ""


def test_command_shows_and_deletes(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reference", "show", str(path)]) == 0
    assert "a voice, from 20 s of speech" in capsys.readouterr().out
    assert main(["reference", "delete", str(path)]) == 0
    assert not path.exists()


def test_command_deletes_nothing_else(tmp_path: Path) -> None:
    other = tmp_path / "letter.txt"
    other.write_text("dear")
    other.chmod(0o600)
    assert main(["reference", "delete", str(other)]) == 3
    assert other.exists()


def test_command_refuses_a_consent_for_something_else(photo: Picture, tmp_path: Path) -> None:
    save_record(agree(photo, "training-video"), tmp_path / "c.json")
    made_file = tmp_path / "a.reference"
    words = ["reference", "make", "x.wav", "--consent", str(tmp_path / "c.json"), "-o"]
    assert main([*words, str(made_file)]) == 3
    assert not made_file.exists()


@pytest.mark.media
def test_recording_of_somebody_is_enrolled_from_the_file(media: Path, photo: Picture) -> None:
    clips = [
        media / "speech" / f"coqui-ai-real-tests-data-ljspeech-wavs-LJ001-000{i}.wav"
        for i in (1, 3)
    ]
    reference = enrol(clips, agree(photo))
    assert reference.voice is not None
    assert enrolling.LEAST_SPEECH <= reference.voice.seconds < 20
    assert reference.face is None
