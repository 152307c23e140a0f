"""What is written, and how it is said."""

# ruff: noqa: RUF001 (signs and letters of texts are meant)

import re

import pytest

from bonaface.speech.numbers import say_cardinal, say_ordinal, say_year
from bonaface.speech.pronounce import pronounce
from bonaface.speech.reading import read
from bonaface.speech.script import keep_spoken
from bonaface.speech.sentences import LONGEST, break_words, split_sentences

PAIRS = """
0 | zero
7 cats | seven cats
42 | forty-two
100 | one hundred
101 | one hundred and one
1,234 | one thousand two hundred and thirty-four
1001 nights | one thousand and one nights
1,000,000 | one million
12345 | twelve thousand three hundred and forty-five
3.14 | three point one four
0.5 | zero point five
-5 | minus five
−7 | minus seven
007 | zero zero seven
12.5% | twelve point five percent
50 % | fifty percent
10-20% | ten to twenty percent
1st | first
2nd place | second place
3rd | third
11th | eleventh
12th | twelfth
21st century | twenty-first century
100th | one hundredth
in 1905 | in nineteen oh five
in 1999 | in nineteen ninety-nine
since 2005 | since two thousand and five
by 2024 | by twenty twenty-four
in 1066 | in one thousand and sixty-six
In 1900 | In nineteen hundred
the year 2000 | the year two thousand
1990s | nineteen nineties
the '90s | the nineties
in his 20s | in his twenties
2027-12-31 | December thirty-first, twenty twenty-seven
12/31/2027 | December thirty-first, twenty twenty-seven
31/12/2027 | December thirty-first, twenty twenty-seven
31.12.2027 | December thirty-first, twenty twenty-seven
3/4/21 | March fourth, twenty twenty-one
March 5, 2024 | March fifth, twenty twenty-four
Mar 5 | March fifth
5 March 2024 | the fifth of March, twenty twenty-four
the 1st of May | the first of May
Dec. 25 | December twenty-fifth
14:30 | fourteen thirty
2:05 pm | two oh five PM
2:05 p.m. today | two oh five PM today
9:00 a.m. today | nine AM today
12:00 | twelve o'clock
7pm | seven PM
10:15:30 | ten fifteen and thirty seconds
half past 9 | half past nine
$5 | five dollars
$1 | one dollar
$1,250.50 | one thousand two hundred and fifty dollars and fifty cents
$0.99 | ninety-nine cents
$3.01 | three dollars and one cent
-$5 | minus five dollars
£20 | twenty pounds
£1.01 | one pound and one penny
€3.5bn | three point five billion euros
$5M | five million dollars
$2 trillion | two trillion dollars
20 € | twenty euros
5 USD | five US dollars
¥500 | five hundred yen
$5-10 | five to ten dollars
99¢ | ninety-nine cents
5 km | five kilometers
1 km | one kilometer
60 km/h | sixty kilometers per hour
3 m/s | three meters per second
20 m² | twenty square meters
70kg | seventy kilograms
-3 °C | minus three degrees Celsius
98.6°F | ninety-eight point six degrees Fahrenheit
90° | ninety degrees
5 ft 2 in | five feet two inches
6'2" | six foot two
16 GB | sixteen gigabytes
500 ms | five hundred milliseconds
30 mph | thirty miles per hour
100 kWh | one hundred kilowatt hours
5-6 km | five to six kilometers
Dr. Smith | Doctor Smith
Mr. and Mrs. Jones | Mister and Missus Jones
Prof. Lee | Professor Lee
St. Paul | Saint Paul
Main St. is long | Main Street is long
Mt. Everest | Mount Everest
e.g. apples | for example apples
i.e. now | that is now
cats, dogs, etc. and more | cats, dogs, et cetera and more
cats vs. dogs | cats versus dogs
approx. 10 | approximately ten
No. 5 | number five
pp. 3-5 | pages three to five
Fig. 2 | Figure two
+44 20 7946 0958 | plus four four, two zero, seven nine four six, zero nine five eight
(555) 123-4567 | five five five, one two three, four five six seven
555-1234 | five five five, one two three four
10-15 people | ten to fifteen people
1990–1995 | nineteen ninety to nineteen ninety-five
1/2 | one half
3/4 | three quarters
2/3 of it | two thirds of it
2 1/2 | two and a half
1½ cups | one and a half cups
5/8 | five eighths
24/7 | twenty-four seven
and/or | and or
Henry VIII | Henry the Eighth
Louis XIV | Louis the Fourteenth
Elizabeth II | Elizabeth the Second
World War II | World War Two
Chapter IV | Chapter Four
Act III | Act Three
Charles I am not | Charles I am not
https://www.example.com/ | example dot com
See example.com/about. | See example dot com slash about.
www.example.org?q=1! | example dot org!
ada.l@example.org | ada dot L at example dot org
@ada | at ada
#1 | number one
#GoodMorning | hashtag Good Morning
salt & pepper | salt and pepper
R&D | R and D
2 + 2 = 4 | two plus two equals four
5 × 3 | five by three
2x faster | two times faster
v2.0.1 | version two point zero point one
192.168.0.1 | one hundred and ninety-two point one hundred and sixty-eight point zero point one
COVID-19 | COVID nineteen
MP3 | MP three
5G | five G
1.5 million | one point five million
10k | ten thousand
B2B | B to B
the U.S. economy | the US economy
w/o sugar | without sugar
"""
EXAMPLES = [tuple(line.split(" | ")) for line in PAIRS.strip().splitlines()]


@pytest.mark.parametrize(("written", "said"), EXAMPLES)
def test_is_read_as_people_say_it(written: str, said: str) -> None:
    assert read(written) == said


@pytest.mark.parametrize("written", [written for written, _ in EXAMPLES])
def test_leaves_no_digits_and_no_signs(written: str) -> None:
    assert not re.search(r"[\d#$€£¥%&@+=×°²/]", read(written))


@pytest.mark.parametrize("plain", ["Good morning.", "Don't go, it's late!", "Well — yes…"])
def test_leaves_words_alone(plain: str) -> None:
    assert read(plain) == plain


def test_reading_what_was_read_changes_nothing() -> None:
    for written, _ in EXAMPLES:
        assert read(read(written)) == read(written)


def test_numbers_of_any_size_have_words() -> None:
    assert say_cardinal(10**9 + 1) == "one billion and one"
    assert say_cardinal(10**18) == " ".join(["one", *["zero"] * 18])
    assert say_ordinal(1000) == "one thousandth"
    assert say_year(2100) == "twenty-one hundred"


def test_acronyms_are_words_or_letters_as_people_have_it() -> None:
    assert pronounce("NASA", british=False) == "nˈæsə"
    assert pronounce("FBI", british=False).replace("ˌ", "ˈ").count("ˈ") == 3


SPLITS = [
    ("Good morning. How are you?", ["Good morning.", "How are you?"]),
    ("Dr. Smith met J. K. Lee. They ate.", ["Dr. Smith met J. K. Lee.", "They ate."]),
    ("It costs 3.50 today. Fine.", ["It costs 3.50 today.", "Fine."]),
    ("We left at 5 p.m. Then we ate.", ["We left at 5 p.m.", "Then we ate."]),
    ("Apples, e.g. red ones.", ["Apples, e.g. red ones."]),
    ('"Stop!" he said. So I did.', ['"Stop!" he said.', "So I did."]),
    ("A title\nAnd then a text.", ["A title", "And then a text."]),
    ("See No. 5 now.", ["See No. 5 now."]),
    ("  \n\n ", []),
    ("Wait... what?! Yes.", ["Wait... what?!", "Yes."]),
]


@pytest.mark.parametrize(("text", "sentences"), SPLITS)
def test_sentences_end_where_they_end(text: str, sentences: list[str]) -> None:
    assert [breath.text for breath in split_sentences(text)] == sentences


def test_lines_that_are_wrapped_are_one_sentence() -> None:
    text = "This is a sentence that was wrapped by somebody's old mail program\nat a column."
    assert len(list(split_sentences(text))) == 1


@pytest.mark.parametrize("text", ["word " * 500, "a, " * 900, "x" * 5000])
def test_endless_sentences_are_cut(text: str) -> None:
    breaths = list(split_sentences(text))
    assert max(len(breath.text) for breath in breaths) <= LONGEST
    assert "".join("".join(b.text for b in breaths).split()) == "".join(text.split())


def test_endless_words_are_broken() -> None:
    assert max(map(len, break_words("a" * 500).split())) <= 40


@pytest.mark.parametrize(
    ("text", "kept", "skipped"),
    [
        ("Hello 👋 world", "Hello   world", ("👋",)),
        ("I ❤️ it", "I   it", ("❤️",)),
        ("a family 👨‍👩‍👧 here", "a family   here", ("👨‍👩‍👧",)),
        ("say Привет now", "say   now", ("Привет",)),
        ("你好, friend", " , friend", ("你好",)),
        ("café naïve Łódź", "café naïve Łódź", ()),
        ("the angle α is", "the angle alpha is", ()),
        ("５ ﬁsh", "５ ﬁsh", ()),
        ("20 °C for 5 €", "20 °C for 5 €", ()),
        ("z\u0336a\u0336lgo", "zalgo", ()),
        ("nul\x00 and \x1b", "nul  and  ", ()),
    ],
)
def test_what_no_voice_can_say_is_left_out_and_named(
    text: str, kept: str, skipped: tuple[str, ...]
) -> None:
    assert keep_spoken(text) == (kept, skipped)
