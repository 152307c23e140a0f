"""Numbers in English words, as people say them. No commas: a comma is a breath."""

# ruff: noqa: SIM905 (lists as running words)

from typing import Final

ONES: Final = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen"
).split()
TENS: Final = ". . twenty thirty forty fifty sixty seventy eighty ninety".split()
SCALES: Final = " thousand million billion trillion quadrillion".split(" ")
LARGEST: Final = 10**18  # from here on digits are read one by one
ORDINALS: Final = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}
PARTS: Final = {2: ("half", "halves"), 4: ("quarter", "quarters")}


def _hundreds(number: int) -> str:
    words = []
    if number >= 100:
        words.append(f"{ONES[number // 100]} hundred")
        number %= 100
        if number:
            words.append("and")
    if number >= 20:
        tens, ones = divmod(number, 10)
        words.append(TENS[tens] + (f"-{ONES[ones]}" if ones else ""))
    elif number:
        words.append(ONES[number])
    return " ".join(words)


def say_cardinal(number: int) -> str:
    """Say 1234 as "one thousand two hundred and thirty-four"."""
    if number < 0:
        return f"minus {say_cardinal(-number)}"
    if number >= LARGEST:
        return say_digits(str(number))
    if number == 0:
        return ONES[0]
    groups, rest, scale = [], number, 0
    while rest:
        rest, group = divmod(rest, 1000)
        if group:
            groups.append(f"{_hundreds(group)} {SCALES[scale]}".strip())
        scale += 1
    tail = number % 1000
    if number > 1000 and 0 < tail < 100:
        groups[0] = f"and {groups[0]}"
    return " ".join(reversed(groups))


def say_ordinal(number: int) -> str:
    """Say 21 as "twenty-first"."""
    words = say_cardinal(number)
    cut = max(words.rfind(" "), words.rfind("-")) + 1
    head, last = words[:cut], words[cut:]
    if last in ORDINALS:
        return head + ORDINALS[last]
    return head + (f"{last[:-1]}ieth" if last.endswith("y") else f"{last}th")


def say_year(year: int) -> str:
    """Say 1905 as "nineteen oh five", 2024 as "twenty twenty-four"."""
    century, rest = divmod(year, 100)
    if year < 1000 or year >= 3000 or (century % 10 == 0 and rest < 10):
        return say_cardinal(year)
    if rest == 0:
        return f"{say_cardinal(century)} hundred"
    return f"{say_cardinal(century)} {'oh ' if rest < 10 else ''}{say_cardinal(rest)}"


def say_digits(digits: str) -> str:
    """Say "007" as "zero zero seven"; what is no digit is left out."""
    return " ".join(ONES[int(digit)] for digit in digits if digit in "0123456789")


def say_number(text: str) -> str:
    """Say "1,234.50" or "-3": groups, decimals and a sign; leading zeros are read out."""
    sign = "minus " if text[:1] in {"-", "\N{MINUS SIGN}"} else ""
    whole, point, decimals = text.lstrip("-+\N{MINUS SIGN}").replace(",", "").partition(".")
    plain = len(whole) > 1 and whole.startswith("0") and not point
    words = say_digits(whole) if plain else say_cardinal(int(whole or "0"))
    return sign + words + (f" point {say_digits(decimals)}" if decimals else "")


def say_fraction(top: int, bottom: int) -> str:
    """Say 3/4 as "three quarters"."""
    one, many = PARTS.get(bottom) or (say_ordinal(bottom), f"{say_ordinal(bottom)}s")
    return f"{say_cardinal(top)} {one if top == 1 else many}"


def pluralize(words: str) -> str:
    """Say "nineteen ninety" as "nineteen nineties", "twenty" as "twenties"."""
    return f"{words[:-1]}ies" if words.endswith("y") else f"{words}s"


def read_roman(numeral: str) -> int:
    """The value of "XIV"."""
    values = [{"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}[c] for c in numeral]
    following = [*values[1:], 0]
    return sum(-v if v < n else v for v, n in zip(values, following, strict=True))
