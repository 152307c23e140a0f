"""How a text is said: everything that is not words becomes words.

A list of rules, each a pattern and what it becomes, applied from the most specific to the least:
addresses before dates, dates before ranges, ranges before numbers. What is left has no digits.
The lexicon decides afterwards which acronyms are words (NASA) and which are letters (FBI).
"""

# ruff: noqa: RUF001 (dashes and signs of texts are meant)

import re
import unicodedata
from collections.abc import Callable
from typing import Final

from bonaface.speech import words
from bonaface.speech.numbers import (
    pluralize,
    read_roman,
    say_cardinal,
    say_digits,
    say_fraction,
    say_number,
    say_ordinal,
    say_year,
)

Rule = tuple[re.Pattern[str], Callable[[re.Match[str]], str]]
NUMBER: Final = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
DASH: Final = r"[-–—]"


def any_of(many: object) -> str:
    """A pattern for any of these words, the longest first."""
    return "|".join(re.escape(one) for one in sorted(many, key=len, reverse=True))  # type: ignore[call-overload]


MONTH: Final = rf"(?:{any_of(words.MONTHS)}|{any_of(n.title() for n in words.MONTH_NAMES)}|Sept)"
ROMAN: Final = r"(?=[IVXLC]+\b)C{0,3}(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})(?<=[IVXLC])"


def say_address(found: re.Match[str]) -> str:
    """https://www.example.com/a-b?c=d: the host, then the path, without what machines add."""
    text = re.sub(r"^(?:[a-z]+://)?(?:www\.)?", "", found[0], flags=re.IGNORECASE)
    bare = text.rstrip(".,;:!?)]")
    return say_path(re.split(r"[?#]", bare)[0].rstrip("/")) + text[len(bare) :]


def say_path(text: str) -> str:
    """Dots, slashes and dashes aloud."""
    said = []
    for piece in re.findall(r"[^\W\d_]+|\d+|[^\w\s]|_", text):
        if piece.isdigit():
            said.append(say_digits(piece) if len(piece) > 4 else say_number(piece))
        elif piece.isalpha():
            vowelless = not re.search(r"[aeiouy]", piece.lower())
            short = len(piece) <= 2 and said[-1:] == ["dot"]
            letters = " ".join(piece.upper()) if short else piece.upper()
            said.append(letters if vowelless or short else piece)
        else:
            marks = {".": "dot", "/": "slash", "-": "dash", "_": "underscore", "@": "at"}
            said.append(marks.get(piece, ""))
    return " ".join(word for word in said if word)


def say_date(year: str | None, month: int, day: int) -> str | None:
    """December thirty-first, twenty twenty-seven; None for what is no date."""
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    date = f"{words.MONTHS[month - 1]} {say_ordinal(day)}"
    return f"{date}, {say_year(full_year(year))}" if year else date


def full_year(year: str) -> int:
    """27 is 2027, 85 is 1985."""
    number = int(year)
    if len(year) > 2:
        return number
    return number + (1900 if number > 50 else 2000)


def iso_date(found: re.Match[str]) -> str:
    """2027-12-31."""
    return say_date(found[1], int(found[2]), int(found[3])) or found[0]


def slash_date(found: re.Match[str]) -> str:
    """12/31/2027, and 31/12/2027 where it can be nothing else."""
    first, second = int(found[1]), int(found[2])
    month, day = (second, first) if first > 12 else (first, second)
    return say_date(found[3], month, day) or found[0]


def dotted_date(found: re.Match[str]) -> str:
    """31.12.2027."""
    return say_date(found[3], int(found[2]), int(found[1])) or found[0]


def month_day(found: re.Match[str]) -> str:
    """March 5, 2024."""
    name = words.MONTH_NAMES[found[1][:3].lower()]
    year = f", {say_year(int(found[3]))}" if found[3] else ""
    return f"{name} {say_ordinal(int(found[2]))}{year}" if int(found[2]) <= 31 else found[0]


def day_month(found: re.Match[str]) -> str:
    """5 March 2024."""
    name = words.MONTH_NAMES[found[2][:3].lower()]
    year = f", {say_year(int(found[3]))}" if found[3] else ""
    return f"the {say_ordinal(int(found[1]))} of {name}{year}" if int(found[1]) <= 31 else found[0]


def say_time(found: re.Match[str]) -> str:
    """14:30, 2:05 pm, 12:00."""
    hour, minute = int(found[1]), int(found[2])
    if hour > 24 or minute > 59:
        return f"{say_cardinal(hour)} to {say_cardinal(minute)}"
    half = f" {found[4][0].upper()}M" if found[4] else ""
    said = say_cardinal(hour)
    if minute:
        said += f" {'oh ' if minute < 10 else ''}{say_cardinal(minute)}"
    elif not half and not found[3]:
        said += " o'clock" if 1 <= hour <= 12 else " hundred hours"
    if found[3]:
        seconds = int(found[3])
        said += f" and {say_cardinal(seconds)} second{'s' if seconds != 1 else ''}"
    return said + half


def say_hour(found: re.Match[str]) -> str:
    """7pm; the full stop stays where the sentence ends with it."""
    ends = found[0].endswith(".") and not found.string[found.end() :].strip()
    return f"{say_cardinal(int(found[1]))} {found[2][0].upper()}M" + ("." if ends else "")


def say_money(sign: str, amount: str, large: str | None) -> str:
    """$1,250.50, €3.5 bn."""
    one, many, cent, cents = words.MONEY[sign]
    if large:
        return f"{say_number(amount)} {words.LARGE[large]} {many}"
    whole, _, rest = amount.replace(",", "").partition(".")
    if len(rest) not in {0, 2}:
        return f"{say_number(amount)} {many}"
    units, hundredths = int(whole), int(rest or 0)
    said = []
    if units or not hundredths:
        said.append(f"{say_cardinal(units)} {one if units == 1 else many}")
    if hundredths:
        said.append(f"{say_cardinal(hundredths)} {cent if hundredths == 1 else cents}")
    return " and ".join(said)


def money_first(found: re.Match[str]) -> str:
    """-$5."""
    minus = "minus " if found[1] else ""
    return minus + say_money(found[2].upper(), found[3], found[4])


def money_last(found: re.Match[str]) -> str:
    """20 €."""
    return say_money(found[3], found[1], found[2])


def say_unit(found: re.Match[str]) -> str:
    """5 km, 60 km/h, 20 m²."""
    number, unit, power, per = found[1], found[2], found[3], found[4]
    if unit in words.AMBIGUOUS and not found[0][len(number)].isspace() and unit != "m":
        return f"{say_number(number)} {unit}"
    one, many = words.UNITS[unit]
    said = one if number in {"1", "-1"} else many
    said = f"{words.POWERS[power]} {said}" if power else said
    return f"{say_number(number)} {said}" + (f" per {words.PER[per]}" if per else "")


def say_telephone(found: re.Match[str]) -> str:
    """+44 20 7946 0958: digit by digit, a breath between the groups."""
    groups = re.findall(r"\d+", found[0])
    return ("plus " if found[0].startswith("+") else "") + ", ".join(map(say_digits, groups))


def say_range(found: re.Match[str]) -> str:
    """10-15, 1990-1995, 5-6 km, $5-10: the second number is left to the rules that follow."""
    first, second = found["first"], found["second"]
    return f"{say_bare(first)} to {found['sign'] or ''}{second}"


def say_bare(number: str) -> str:
    """A number on its own: a year where it looks like one."""
    looks = len(number) == 4 and number.isdigit() and 1100 <= int(number) < 2100
    return say_year(int(number)) if looks else say_number(number)


def say_mixed(found: re.Match[str]) -> str:
    """2 1/2."""
    top, bottom = int(found[2]), int(found[3])
    fraction = "a half" if (top, bottom) == (1, 2) else say_fraction(top, bottom)
    return f"{say_number(found[1])} and {fraction}"


def fraction_or_date(found: re.Match[str]) -> str:
    """3/4."""
    top, bottom = int(found[1]), int(found[2])
    if 0 < top < bottom and bottom > 1:
        return say_fraction(top, bottom)
    return f"{say_cardinal(top)} over {say_cardinal(bottom)}"


def say_decade(found: re.Match[str]) -> str:
    """1990s, '90s, 20s."""
    number = int(found[1])
    said = say_year(number) if number >= 1000 else say_cardinal(number)
    return pluralize(said)


def say_reign(found: re.Match[str]) -> str:
    """Henry VIII, but not "Charles I am"."""
    return f"{found[1]} the {say_ordinal(read_roman(found[2])).capitalize()}"


def say_roman(found: re.Match[str]) -> str:
    """World War II, Chapter IV."""
    return f"{found[1]} {say_cardinal(read_roman(found[2])).capitalize()}"


def say_version(found: re.Match[str]) -> str:
    """2.0.1 and 192.168.0.1."""
    dotted = found[0].lstrip("v")
    said = " point ".join(say_number(part) for part in dotted.split("."))
    return f"version {said}" if found[0].startswith("v") else said


def say_tag(found: re.Match[str]) -> str:
    """#GoodMorning."""
    return f"hashtag {re.sub(r'(?<=[a-z])(?=[A-Z])|_', ' ', found[1])}"


def expand(found: re.Match[str]) -> str:
    """A short form; the full stop stays where the sentence ends with it."""
    whole = words.SHORT.get(found[1]) or words.STOPLESS[found[1]]
    ends = found[1].endswith(".") and not found.string[found.end() :].strip()
    return whole + ("." if ends else "")


def rule(pattern: str, say: Callable[[re.Match[str]], str] | str, flags: int = 0) -> Rule:
    """One rule; a plain string is a template as re.sub takes it."""
    if isinstance(say, str):
        template = say
        return re.compile(pattern, flags), lambda found: found.expand(template)
    return re.compile(pattern, flags), say


SIGN: Final = any_of(sign for sign in words.MONEY if not sign.isalpha())
CODE: Final = any_of(sign for sign in words.MONEY if sign.isalpha())
UNIT: Final = any_of(words.UNITS)
BIG: Final = any_of(words.LARGE)
RULES: Final[tuple[Rule, ...]] = (
    rule(r"\b(?:https?|ftp)://\S+|\bwww\.\S+", say_address, re.IGNORECASE),
    rule(r"\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b", lambda found: say_path(found[0])),
    rule(
        rf"\b[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:{any_of(words.ENDINGS)}|io|ai|uk|eu|de|fr|co)\b(?:/\S*)?",
        say_address,
    ),
    rule(r"(?<![\w&])@(\w+)", r"at \1"),
    rule(r"(?<![\w&])#(?=\d)", "number "),
    rule(r"(?<![\w&])#(\w+)", say_tag),
    rule(r"\b(?:No|no)\. ?(?=\d)|№ ?(?=\d)", "number "),
    rule(r"\b(?:Nos|nos)\. ?(?=\d)", "numbers "),
    rule(r"\bp\. ?(?=\d)", "page "),
    rule(rf"\b({any_of(words.TITLES)})\.? (?=(?:and )?[A-Z])", lambda f: f"{words.TITLES[f[1]]} "),
    rule(rf"(?<![\w.])({any_of(words.SHORT)})(?!\w)", expand),
    rule(rf"(?<![\w/])({any_of(words.STOPLESS)})(?![\w/])", expand),
    rule(r"\b(\d{4})-(\d{1,2})-(\d{1,2})\b", iso_date),
    rule(r"\b(\d{1,2})/(\d{1,2})/(\d{4}|\d{2})\b", slash_date),
    rule(r"\b(\d{1,2})\.(\d{1,2})\.(\d{4})\b", dotted_date),
    rule(
        rf"\b({MONTH})\.? (\d{{1,2}})(?:st|nd|rd|th)?\b(?![\d:%,.]\d)(?:,? (\d{{4}})\b)?",
        month_day,
    ),
    rule(
        rf"\b(?:the )?(\d{{1,2}})(?:st|nd|rd|th)? (?:of )?({MONTH})\b(?:,? (\d{{4}})\b)?",
        day_month,
    ),
    rule(r"\b(\d{1,2}):(\d{2})(?::(\d{2}))?(?: ?([ap])\.?m\b\.?)?(?!\d)", say_time, re.IGNORECASE),
    rule(r"\b(\d{1,2}) ?([ap])\.?m\b\.?", say_hour, re.IGNORECASE),
    rule(r"(?<![\w+])\+\d{1,3}(?:[ -.]\(?\d{1,5}\)?){2,6}\b", say_telephone),
    rule(r"(?<!\w)\(\d{3}\) ?\d{3}[- ]\d{4}\b|\b(?:\d{3}[-.])?\d{3}[-.]\d{4}\b", say_telephone),
    rule(r"(?<![\d,.])'?(\d{2,4})'?s\b", say_decade),
    rule(
        rf"(?P<sign>{SIGN})?(?<![\w.])(?P<first>\d+(?:\.\d+)?) ?{DASH} ?(?P<second>\d+(?:\.\d+)?)"
        rf"(?!\.?\d|{DASH}\d)",
        say_range,
    ),
    rule(
        r"(?<![\w.])(\d)['′] ?(\d{1,2})[\"″]",
        lambda f: f"{say_cardinal(int(f[1]))} foot {say_cardinal(int(f[2]))}",
    ),
    rule(rf"(-)?({SIGN}|\b(?:{CODE})) ?({NUMBER})(?: ?({BIG})\b)?", money_first),
    rule(rf"\b({NUMBER})(?: ?({BIG}))? ?({SIGN}|(?:{CODE})\b)", money_last),
    rule(rf"(?<![\w.])({NUMBER}) ?¢", lambda f: f"{say_number(f[1])} cents"),
    rule(
        rf"(?<![\w.])(-?(?:{NUMBER})) ?({UNIT})([²³]|[23](?=\W|$))?"
        rf"(?:/({any_of(words.PER)}))?(?!\w)",
        say_unit,
    ),
    rule(r"\b(\d+) (\d{1,2})/(\d{1,2})\b", say_mixed),
    rule(r"(?<![\w./])(\d{1,2})/(\d{1,3})(?![\w/])", fraction_or_date),
    rule(
        r"\b(\d{1,3}(?:,\d{3})*)(?:st|nd|rd|th)\b",
        lambda f: say_ordinal(int(f[1].replace(",", ""))),
    ),
    rule(rf"\b({any_of(words.NUMBERED)}) ({ROMAN})\b(?!['.]\w)", say_roman),
    rule(
        rf"\b({any_of(words.REGNAL)}) ({ROMAN})\b(?!['.]\w| (?:am|was|have|had|will|do)\b)",
        say_reign,
    ),
    rule(r"\bv?\d+(?:\.\d+){2,}\b", say_version),
    rule(
        rf"(?<![\w.])({NUMBER}) ?({BIG})\b(?!\w)",
        lambda f: (
            f"{say_number(f[1])} {words.LARGE[f[2]]}"
            if len(f[2]) > 1 or f[2] in "kMB"
            else f"{say_number(f[1])} {f[2]}"
        ),
    ),
    rule(rf"(?<![\w.])(-?(?:{NUMBER})) ?[x×] ?(?=\d)", lambda f: f"{say_number(f[1])} by "),
    rule(rf"(?<![\w.])({NUMBER})[x×](?!\w)", lambda f: f"{say_number(f[1])} times"),
    rule(r"(?<=[A-Za-z])-(?=\d)|(?<=[A-Za-z])(?=\d)", " "),
    rule(r"(?<=\d)-(?=[A-Za-z])|(?<=\d)(?=[A-Za-z])", " "),
    rule(
        rf"(?<![\w.])({any_of(words.YEAR_BEFORE)}) (\d{{4}})\b(?![,.]\d)",
        lambda f: f"{f[1]} {say_bare(f[2])}",
        re.IGNORECASE,
    ),
    rule(
        r"\b(1[1-9]\d\d|20\d\d)\b(?!,\d|\.\d| (?:people|times|points|words|years|days))",
        lambda f: say_year(int(f[1])),
    ),
    rule(rf"(?<![\w.])-(?={NUMBER})", "minus "),
    rule(NUMBER, lambda f: f" {say_number(f[0])} "),
    rule(r"(?<=\w)/(?=\w)", " or "),
    rule(rf" ?({any_of(words.SIGNS)}) ?", lambda f: f" {words.SIGNS[f[1]]} "),
    rule(r"[*_\\|^`{}\[\]]+", " "),
    rule(r"(?<= )[-–](?= )", "—"),
    rule(r"\s+", " "),
    rule(r" +(?=[,.;:!?…)])", ""),
)


def spell_out(text: str) -> str:
    """Put plain characters for disguised ones: ½, full-width letters, typographic marks."""
    text = "".join(words.GLYPHS.get(letter, letter) for letter in text)
    keep = {"²", "³", "…", "µ", "°"}
    return "".join(c if c in keep else unicodedata.normalize("NFKC", c) for c in text)


def read(text: str) -> str:
    """Give a sentence as it is said, in words: no digits, no signs, no short forms."""
    text = spell_out(unicodedata.normalize("NFC", text))
    for pattern, say in RULES:
        text = pattern.sub(say, text)
    return text.strip()


def is_short(word: str, following: str) -> bool:
    """Whether `word`, which ends with a full stop, is a short form within its sentence.

    `following` is the text after it.
    """
    bare = word.lstrip("(\"'“‘[")
    if not following or following[0].islower():
        return bool(following)
    if bare in words.FINAL:
        return False
    initial = len(bare) == 2 and bare[0].isupper()
    return initial or bare in words.SHORT or bare[:-1] in {*words.TITLES, "No", "Nos", "p"}
