import pytest

from bonaface.marks.label.opening import draw_opening
from bonaface.marks.label.stamp import draw_label
from bonaface.marks.label.wording import LANGUAGES, RULES, Rule, prefer, word

EUROPE = set(
    "bg cs da de el en es et fi fr ga hr hu it lt lv mt nl pl pt ro sk sl sv".split()  # noqa: SIM905 (to be read)
)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_can_be_drawn(language: str, rule: Rule) -> None:
    words = word(language, rule)
    assert draw_label(words.label, 512, 512).keep.min() < 128
    assert draw_opening(words.video, 512, 512).keep.min() == 0  # letters hide what is under them


def test_all_languages_of_the_union_are_known() -> None:
    assert set(LANGUAGES) >= EUROPE
    assert {word(language).language for language in EUROPE} == EUROPE


@pytest.mark.parametrize(
    ("language", "label"),
    [("de-AT", "KI"), ("FR", "IA"), ("pt_BR", "IA"), ("nb", "KI"), ("ko-KR", "AI 생성")],
)
def test_regions_and_kin_are_understood(language: str, label: str) -> None:
    assert word(language).label == label


@pytest.mark.parametrize("language", ["", "x", "tlh", "12", "-", "en-GB"])
def test_unknown_languages_are_english(language: str) -> None:
    assert word(language).label == "AI"
    assert word(language).language == "en"


def test_china_asks_for_its_own_words() -> None:
    assert word("de", "china").label == "AI生成"
    assert word("de", "china").language == "de"


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("de-CH, en;q=0.7", "de"),
        ("en;q=0.3, fr;q=0.8", "fr"),
        ("tlh, el;q=0.5", "el"),
        ("de;q=0, fr;q=0.1", "fr"),
        ("*", "en"),
        ("", "en"),
        ("de;q=much, it", "it"),
        ("," * 5000, "en"),
    ],
)
def test_what_a_browser_prefers(accepted: str, language: str) -> None:
    assert prefer(accepted) == language
