"""A file becomes evidence, and the evidence a report: origin first, then what inspectors find."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

from bonaface.config import settings
from bonaface.core import SECOND, Picture
from bonaface.errors import UnreadableMedia, WeightsMissing
from bonaface.examine import Examined, examine
from bonaface.forensics.inspector import Inspector
from bonaface.forensics.inspectors import open_inspectors
from bonaface.forensics.origin.audioseal import ABSENT, PublicMark, open_audioseal
from bonaface.forensics.origin.evidence import Evidence, Mark, Public
from bonaface.forensics.origin.recovery import Sights, Trace, trace
from bonaface.forensics.origin.standing import Consent, look_up_consent
from bonaface.forensics.origin.trustmark import ABSENT as NO_TRUSTMARK
from bonaface.forensics.origin.trustmark import TrustMark, open_trustmark
from bonaface.forensics.origin.videoseal import ABSENT as NO_VIDEOSEAL
from bonaface.forensics.origin.videoseal import VideoSeal, open_videoseal
from bonaface.forensics.report.overview import Overview
from bonaface.forensics.report.report import Report, make_report
from bonaface.marks.archive.seen import WHOLE, Glance, glance
from bonaface.marks.credentials.files import Credentials, read_credentials
from bonaface.marks.picture.reader import read_picture_mark
from bonaface.marks.reading_key import SOUND_ID_BITS, write_id
from bonaface.marks.sound.reader import read_sound_mark
from bonaface.media.files import Media, gather_sound, look, read_pictures, read_sound
from bonaface.media.metadata.reader import read_tags
from bonaface.weights import digest

FURTHEST = 600.0  # s of a file that are searched for marks
PUBLIC = 8.0  # s of a film in which the marks of other makers are looked for in pictures
LOOKS = 60  # pictures that are compared with what a recovered manifest says
_FIRST_ONLY = (f"Hidden marks were looked for in the first {FURTHEST / 60:.0f} minutes only.",)
Ids: TypeAlias = tuple[str | None, str | None]  # of the marks in pictures and sound
RATE = 16_000  # samples a second: all that the sound mark uses is below 8 kHz


def check(
    path: Path,
    resolvers: tuple[str, ...] = (),
    *,
    inspectors: tuple[Inspector, ...] = (),
    tell: Callable[[float], None] = lambda _: None,
) -> Report:
    """Read a video, picture or sound and say what it is; nothing is changed.

    Credentials that were stripped are looked for in the log of this installation, then at
    `resolvers`, which are told the id of the hidden mark; without them nothing is sent.
    `inspectors` look and listen beside the usual ones; `tell` hears the share that is done. Raises
    UnreadableMedia when it is no media file, SettingsError for what is no address.
    """
    media = look(path)
    credentials, now = read_credentials(path), datetime.now(UTC)
    limits = [*credentials.limits, *(_FIRST_ONLY if (media.seconds or 0) > FURTHEST else ())]
    tags = read_tags(path, limits)
    opened, absent = open_inspectors(media.kind)
    overview = Overview()
    with ThreadPoolExecutor(1) as beside:  # two cores: the pictures' mark here, all else there
        looking = beside.submit(_examine, media, (overview, *opened, *inspectors), tell)
        listening = beside.submit(_other_marks, media)
        picture, sights = _picture_mark(media, limits)
        examined, (sound, public, unheard) = looking.result(), listening.result()
    ids = (picture.id if picture else None, sound.id if sound else None)
    led = _led(credentials, ids, sights, resolvers)
    evidence = Evidence(
        credentials=credentials,
        consent=_consent(credentials, led, now),
        picture=picture,
        sound=sound,
        until=int((media.seconds or 0.0) * SECOND),
        limits=(*limits, *unheard, *absent, *examined.limits, *led.limits),
        trace=led,
        tags=tags,
        public=public,
        inspected=examined.findings,
    )
    return make_report(str(path), digest(path), media.kind, evidence, overview.view())


def _led(credentials: Credentials, ids: Ids, sights: Sights, resolvers: tuple[str, ...]) -> Trace:
    """To what the hidden marks lead; a file with credentials of its own needs nothing recovered."""
    own = _own(credentials, ids)
    led = trace(*ids, sights, datetime.now(UTC), () if own else resolvers)
    return replace(led, recovered=None) if own else led


def _examine(
    media: Media, inspectors: tuple[Inspector, ...], tell: Callable[[float], None]
) -> Examined:
    """Perception fails soft: what cannot be read leaves a sentence."""
    try:
        return examine(media, inspectors, tell)
    except UnreadableMedia as error:
        return Examined((), (f"What could not be read was not inspected. {error}",))


def _own(credentials: Credentials, ids: Ids) -> bool:
    """Whether the file carries credentials that hold, and name the marks that are in it."""
    named = {value.lower() for _, value in credentials.said.marks}
    return credentials.state == "trusted" and {mark for mark in ids if mark} <= named


def _consent(credentials: Credentials, led: Trace, now: datetime) -> Consent:
    """Of the file's own credentials where they hold; else of those to which its mark leads."""
    if credentials.state in {"trusted", "valid"}:
        return look_up_consent(credentials, now)
    if led.recovered is not None and led.recovered.fits:
        return led.recovered.consent
    if led.recovered is None and led.logged is not None:
        return led.logged.consent
    return look_up_consent(credentials, now)


def _picture_mark(media: Media, limits: list[str]) -> tuple[Mark | None, Sights]:
    if media.kind == "audio":
        return None, Sights()
    glances: list[Glance] = []
    try:
        reading = read_picture_mark(_watched(read_pictures(media.path, FURTHEST), glances))
    except UnreadableMedia as error:
        limits.append(f"The pictures could not all be read. {error}")
        return Mark(found=False), Sights()
    mark_id = None if reading.mark_id is None else write_id(reading.mark_id)
    corners = reading.place.corners if reading.place else WHOLE
    sights = Sights(tuple(glances), corners)
    return Mark(reading.found, mark_id, reading.strength), sights


def _watched(pictures: Iterator[Picture], glances: list[Glance]) -> Iterator[Picture]:
    """Pass pictures on, and look at one each second of the first minute."""
    for picture in pictures:
        if picture.at >= len(glances) * SECOND and len(glances) < LOOKS:
            glances.append(glance(picture.pixels))
        yield picture


def _other_marks(media: Media) -> tuple[Mark | None, tuple[Public, ...], list[str]]:
    """Ours in the sound, and those of other makers; and what could not be looked for."""
    limits: list[str] = []
    return _sound_mark(media, limits), _public_marks(media, limits), limits


def _sound_mark(media: Media, limits: list[str]) -> Mark | None:
    if not media.has_sound:
        return None
    sound = gather_sound(
        media.path,
        RATE,
        FURTHEST,
        lambda error: limits.append(f"The sound could not all be read. {error}"),
    )
    reading = read_sound_mark(sound)
    mark_id = None if reading.mark_id is None else write_id(reading.mark_id, SOUND_ID_BITS)
    return Mark(reading.found, mark_id, reading.strength)


def _public_marks(media: Media, limits: list[str]) -> tuple[Public, ...]:
    """Look for the published marks of other makers whose readers are on this machine."""
    return (*_seen_marks(media, limits), *_heard_marks(media, limits))


def _seen_marks(media: Media, limits: list[str]) -> tuple[Public, ...]:
    """In a picture, or in one picture a second of a film's beginning."""
    if media.kind == "audio" or not (readers := _readers_of_pictures(limits)):
        return ()
    count = 0
    with suppress(UnreadableMedia):  # which `_picture_mark` has told
        for picture in read_pictures(media.path, PUBLIC):
            if picture.at >= count * SECOND:
                count += 1
                for reader in readers:
                    reader.push(picture)
    return tuple(mark for reader in readers for mark in reader.flush())


def _readers_of_pictures(limits: list[str]) -> tuple[TrustMark | VideoSeal, ...]:
    """TrustMark's, and Video Seal's where a message of it is known."""
    readers: list[TrustMark | VideoSeal] = [*open_trustmark()]
    if not readers:
        limits.append(NO_TRUSTMARK)
    if messages := settings().videoseal:
        known = open_videoseal(messages)
        readers.extend([known] if known else [])
        limits.extend([] if known else [NO_VIDEOSEAL])
    return tuple(readers)


def _heard_marks(media: Media, limits: list[str]) -> tuple[PublicMark, ...]:
    """AudioSeal in the sound."""
    if not media.has_sound:
        return ()
    try:
        reader = open_audioseal()
    except WeightsMissing:
        limits.append(ABSENT)
        return ()
    with suppress(UnreadableMedia):  # which `_sound_mark` has told
        for run in read_sound(media.path, RATE):
            reader.push(run)
            if run.until >= FURTHEST * SECOND:
                break
    return tuple(reader.flush())
