"""From evidence to a verdict and a report, over every combination that matters."""

import json
from datetime import UTC, date, datetime
from itertools import product

import numpy as np
import pytest

from bonaface.consent.portrait import hash_portrait
from bonaface.consent.records import ConsentRecord, Terms, grant, revoke
from bonaface.core import SECOND, Picture
from bonaface.forensics.origin.evidence import Evidence, Mark, inspect_origin
from bonaface.forensics.origin.standing import look_up_consent
from bonaface.forensics.report.report import WIDTH, make_report, to_json, to_text
from bonaface.forensics.verdict import Verdict, judge
from bonaface.marks.credentials.claims import Claims, ConsentReference
from bonaface.marks.credentials.files import Credentials, State

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
STATES: tuple[State, ...] = ("trusted", "valid", "invalid", "none")
ABSENT = Mark(found=False, strength=0.8)
PRESENT = Mark(found=True, id="00112233445566ff", strength=17.2)
FAINT = Mark(found=True, strength=7.0)
CHANGED = "The file was changed after it was signed."
MADE = Claims(ai=True, issuer="Bonaface installation", marks=(("org.x", PRESENT.id or ""),))
SHOT = Claims(ai=False, issuer="Camera Works")


def weigh(
    state: State = "none",
    said: Claims | None = None,
    picture: Mark | None = ABSENT,
    sound: Mark | None = ABSENT,
    altered: bool = False,
) -> Verdict:
    problems = (CHANGED,) if altered else ()
    credentials = Credentials(state, said or Claims(), altered, problems=problems)
    return judge(Evidence(credentials, picture=picture, sound=sound))


@pytest.mark.parametrize(
    ("verdict", "word"),
    [
        (weigh(), "cannot-tell"),
        (weigh(picture=None, sound=None), "cannot-tell"),
        (weigh("trusted", MADE), "made-by-ai"),
        (weigh("valid", MADE), "made-by-ai"),
        (weigh("trusted", MADE, PRESENT, PRESENT), "made-by-ai"),
        (weigh(picture=PRESENT), "made-by-ai"),
        (weigh(picture=FAINT), "made-by-ai"),
        (weigh(sound=PRESENT), "made-by-ai"),
        (weigh(picture=None, sound=PRESENT), "made-by-ai"),
        (weigh("invalid", MADE, altered=True), "manipulated"),
        (weigh("invalid", SHOT, altered=True), "manipulated"),
        (weigh("invalid", MADE, PRESENT, altered=True), "made-by-ai"),
        (weigh("invalid", MADE), "cannot-tell"),
        (weigh("trusted", SHOT), "authentic-signed"),
        (weigh("valid", SHOT), "cannot-tell"),
        (weigh("invalid", SHOT), "cannot-tell"),
        (weigh("trusted"), "cannot-tell"),
        (weigh("trusted", SHOT, PRESENT), "made-by-ai"),
    ],
)
def test_the_word_follows_from_the_evidence(verdict: Verdict, word: str) -> None:
    assert verdict.word == word


def everything() -> list[tuple[Credentials, Verdict]]:
    """Every state, claim, mark and kind of damage, combined."""
    found = []
    for state, said, picture, sound, altered in product(
        STATES, (MADE, SHOT, Claims()), (PRESENT, FAINT, ABSENT, None), (PRESENT, ABSENT), (0, 1)
    ):
        if altered and state != "invalid":
            continue
        problems = (CHANGED,) if altered else ()
        credentials = Credentials(state, said, bool(altered), problems=problems)
        found.append((credentials, judge(Evidence(credentials, picture=picture, sound=sound))))
    return found


def test_only_a_trusted_camera_is_authentic() -> None:
    for credentials, verdict in everything():
        if verdict.exit_code == 0:
            assert credentials.state == "trusted"
            assert credentials.said.ai is False
        assert verdict.word != "no-signs"  # which only a detector could say


def test_every_verdict_has_its_reasons_and_a_chance_only_where_it_accuses() -> None:
    for credentials, verdict in everything():
        assert verdict.reasons
        assert all(line.endswith((".", "”")) for line in (*verdict.reasons, *verdict.limits))
        accuses = verdict.word in {"made-by-ai", "manipulated"}
        assert (verdict.probability is not None) == accuses
        assert verdict.probability is None or 0.9 < verdict.probability < 1
        if verdict.word == "cannot-tell":
            assert any("No inspector could judge" in limit for limit in verdict.limits)
        if credentials.state == "valid":
            assert any("unknown signer proves nothing" in limit for limit in verdict.limits)


def test_more_evidence_is_never_less_sure() -> None:
    said = weigh("valid", MADE).probability or 0
    assert (weigh("valid", MADE, PRESENT).probability or 0) >= said
    assert (weigh("trusted", MADE).probability or 0) > said
    assert (weigh(picture=PRESENT).probability or 0) > (weigh(picture=FAINT).probability or 0)


def test_the_weightiest_reason_comes_first() -> None:
    assert "hidden mark" in weigh(picture=PRESENT).reasons[0]
    assert "credentials are intact" in weigh("trusted", MADE).reasons[0]
    tampered = weigh("invalid", MADE, PRESENT, altered=True)
    assert CHANGED in " ".join(tampered.reasons)


def test_a_mark_of_another_file_is_told() -> None:
    other = Mark(found=True, id="ffffffffffffffff", strength=15.0)
    assert any("another file" in reason for reason in weigh("trusted", MADE, other).reasons)
    assert not any("another file" in reason for reason in weigh("trusted", MADE, PRESENT).reasons)


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("authentic-signed", 0),
        ("no-signs", 0),
        ("made-by-ai", 1),
        ("manipulated", 1),
        ("cannot-tell", 2),
    ],
)
def test_exit_codes(word: str, code: int) -> None:
    assert Verdict(word, None, (), ()).exit_code == code  # type: ignore[arg-type]


@pytest.fixture
def record(home: object) -> ConsentRecord:  # noqa: ARG001
    picture = Picture(0, np.random.default_rng(1).integers(0, 255, (64, 64, 3), np.uint8))
    terms = Terms("Ada", "self", ("lesson",), date(2026, 12, 31))
    return grant(hash_portrait(b"", picture), terms, NOW)


def naming(record: ConsentRecord, state: State = "trusted", digest: str = "") -> Credentials:
    reference = ConsentReference(record.record_id, digest or record.digest)
    return Credentials(state, Claims(ai=True, consent=reference))


def test_consent_is_looked_up(record: ConsentRecord) -> None:
    assert look_up_consent(naming(record), NOW) == "active"
    assert look_up_consent(naming(record), datetime(2027, 1, 1, tzinfo=UTC)) == "expired"
    assert look_up_consent(naming(record, digest="0" * 64), NOW) == "unknown"
    assert look_up_consent(Credentials("trusted", MADE), NOW) == "none"
    revoke(record, NOW)
    assert look_up_consent(naming(record), NOW) == "revoked"


@pytest.mark.parametrize("state", ["valid", "invalid"])
def test_a_copied_consent_counts_for_nothing(record: ConsentRecord, state: State) -> None:
    assert look_up_consent(naming(record, state), NOW) == "unknown"


def test_the_json_is_the_object_of_the_contract() -> None:
    credentials = Credentials("trusted", MADE)
    evidence = Evidence(credentials, "active", PRESENT, None, 2 * SECOND)
    found = json.loads(to_json(make_report("a.mp4", "ab" * 32, "video", evidence)))
    assert list(found) == [
        "file",
        "sha256",
        "kind",
        "verdict",
        "probability",
        "interval",
        "basis",
        "reasons",
        "credentials",
        "watermarks",
        "findings",
        "limits",
    ]
    assert found["verdict"] == "made-by-ai"
    assert found["credentials"] == {
        "state": "trusted",
        "ai": True,
        "issuer": "Bonaface installation",
        "consent": "active",
        "recovered": False,
        "from": None,
        "recovery": None,
        "log": {"found": False, "from": None, "kind": None, "at": None, "erased": False},
    }
    assert found["watermarks"] == {
        "picture": {"found": True, "id": PRESENT.id, "strength": 17.2},
        "sound": {"found": False, "id": None, "strength": None},
    }
    assert [finding["inspector"] for finding in found["findings"]] == [
        "credentials",
        "picture-mark",
    ]
    for finding in found["findings"]:
        assert list(finding)[:5] == ["at", "until", "inspector", "score", "reason"]
        assert list(finding)[5:] == ["whole", "quality", "exhibits"]
        assert (finding["at"], finding["until"]) == (0, 2)


def test_findings_are_evidence_with_a_chance_or_none() -> None:
    findings = inspect_origin(Evidence(Credentials("none"), picture=PRESENT, sound=ABSENT))
    assert [finding.score is None for finding in findings] == [True, False, True]


def test_the_page_leads_with_the_verdict_and_fits_the_terminal() -> None:
    for (credentials, verdict), sound in zip(everything(), (PRESENT, ABSENT) * 500, strict=False):
        evidence = Evidence(credentials, "revoked", PRESENT, sound)
        page = to_text(make_report("video.mp4", "ab" * 32, "video", evidence))
        assert page.splitlines()[0].isprintable()
        assert page.splitlines()[0].split("  ")[0].isupper()
        assert max(map(len, page.splitlines())) <= WIDTH
        assert verdict.reasons


def test_a_hostile_name_does_not_steer_the_terminal() -> None:
    evidence = Evidence(Credentials("none"), picture=ABSENT)
    page = to_text(make_report("a\x1b[2J\n.mp4", "ab" * 32, "video", evidence))
    assert "\x1b" not in page
    assert (
        json.loads(to_json(make_report("a\x1b.mp4", "", "video", evidence)))["file"] == "a\x1b.mp4"
    )
