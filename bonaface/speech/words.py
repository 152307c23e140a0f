"""The tables of reading: what is written short and said long."""

# ruff: noqa: RUF001, SIM905 (the letters and signs of texts are meant; lists as running words)

from typing import Final

MONTHS: Final = (
    "January February March April May June July August September October November December"
).split()
MONTH_NAMES: Final = {name[:3].lower(): name for name in MONTHS}

TITLES: Final = {  # before a name
    "Mr": "Mister", "Mrs": "Missus", "Ms": "Miz", "Dr": "Doctor", "Prof": "Professor",
    "St": "Saint", "Mt": "Mount", "Ft": "Fort", "Gen": "General", "Gov": "Governor",
    "Sen": "Senator", "Rep": "Representative", "Capt": "Captain", "Lt": "Lieutenant",
    "Col": "Colonel", "Sgt": "Sergeant", "Rev": "Reverend", "Hon": "Honorable",
    "Pres": "President", "Maj": "Major", "Adm": "Admiral", "Cmdr": "Commander", "Fr": "Father",
}  # fmt: skip
SHORT: Final = {  # anywhere, with its full stop
    "e.g.": "for example", "i.e.": "that is", "etc.": "et cetera", "vs.": "versus",
    "v.s.": "versus", "approx.": "approximately", "cf.": "compare", "et al.": "and others",
    "viz.": "namely", "ca.": "about", "a.k.a.": "also known as", "Jr.": "Junior", "Sr.": "Senior",
    "Inc.": "Incorporated", "Ltd.": "Limited", "Corp.": "Corporation", "Co.": "Company",
    "Bros.": "Brothers", "Dept.": "Department", "dept.": "department", "Univ.": "University",
    "Ave.": "Avenue", "Blvd.": "Boulevard", "Rd.": "Road", "St.": "Street", "Apt.": "Apartment",
    "Fig.": "Figure", "fig.": "figure", "Vol.": "Volume", "vol.": "volume", "Ch.": "Chapter",
    "ch.": "chapter", "pp.": "pages", "ed.": "edition", "est.": "established",
    "incl.": "including", "excl.": "excluding", "max.": "maximum", "min.": "minimum",
    "tel.": "telephone", "Tel.": "Telephone", "ext.": "extension", "Jan.": "January",
    "Feb.": "February", "Mar.": "March", "Apr.": "April", "Jun.": "June", "Jul.": "July",
    "Aug.": "August", "Sep.": "September", "Sept.": "September", "Oct.": "October",
    "Nov.": "November", "Dec.": "December", "Mon.": "Monday", "Tue.": "Tuesday",
    "Tues.": "Tuesday", "Wed.": "Wednesday", "Thu.": "Thursday", "Thurs.": "Thursday",
    "Fri.": "Friday", "Sat.": "Saturday", "Sun.": "Sunday", "a.m.": "AM", "p.m.": "PM",
}  # fmt: skip
STOPLESS: Final = {  # anywhere, as it stands
    "vs": "versus", "aka": "also known as", "w/o": "without", "w/": "with", "24/7":
    "twenty-four seven", "9/11": "nine eleven", "24/365": "twenty-four three sixty-five",
    "and/or": "and or", "c/o": "care of", "N/A": "not applicable", "n/a": "not applicable",
    "Q&A": "Q and A", "R&D": "R and D", "B2B": "B to B", "P2P": "P to P", "B2C": "B to C",
    "Ph.D.": "PhD", "U.S.A.": "USA", "U.S.": "US", "U.K.": "UK", "E.U.": "EU", "D.C.": "DC",
    "OK": "okay",
}  # fmt: skip
FINAL: Final = frozenset(  # short forms that may well end a sentence
    "etc. a.m. p.m. Jr. Sr. Inc. Ltd. Corp. Co. Bros. St. Ave. Blvd. Rd. U.S. U.S.A. U.K. "
    "Ph.D. E.U. D.C. et al.".split()
)

UNITS: Final = {  # one, many
    "km": ("kilometer", "kilometers"), "m": ("meter", "meters"), "cm": ("centimeter",
    "centimeters"), "mm": ("millimeter", "millimeters"), "µm": ("micrometer", "micrometers"),
    "nm": ("nanometer", "nanometers"), "kg": ("kilogram", "kilograms"), "g": ("gram", "grams"),
    "mg": ("milligram", "milligrams"), "µg": ("microgram", "micrograms"), "t": ("ton", "tons"),
    "lb": ("pound", "pounds"), "lbs": ("pound", "pounds"), "oz": ("ounce", "ounces"),
    "ft": ("foot", "feet"), "in": ("inch", "inches"), "yd": ("yard", "yards"),
    "mi": ("mile", "miles"), "l": ("liter", "liters"), "L": ("liter", "liters"),
    "ml": ("milliliter", "milliliters"), "mL": ("milliliter", "milliliters"),
    "cl": ("centiliter", "centiliters"), "gal": ("gallon", "gallons"),
    "ha": ("hectare", "hectares"), "s": ("second", "seconds"), "sec": ("second", "seconds"),
    "ms": ("millisecond", "milliseconds"), "min": ("minute", "minutes"), "h": ("hour", "hours"),
    "hr": ("hour", "hours"), "hrs": ("hour", "hours"), "Hz": ("hertz", "hertz"),
    "kHz": ("kilohertz", "kilohertz"), "MHz": ("megahertz", "megahertz"),
    "GHz": ("gigahertz", "gigahertz"), "kB": ("kilobyte", "kilobytes"),
    "KB": ("kilobyte", "kilobytes"), "MB": ("megabyte", "megabytes"),
    "GB": ("gigabyte", "gigabytes"), "TB": ("terabyte", "terabytes"),
    "W": ("watt", "watts"), "kW": ("kilowatt", "kilowatts"), "MW": ("megawatt", "megawatts"),
    "GW": ("gigawatt", "gigawatts"), "kWh": ("kilowatt hour", "kilowatt hours"),
    "V": ("volt", "volts"), "A": ("amp", "amps"), "mAh": ("milliamp hour", "milliamp hours"),
    "J": ("joule", "joules"), "kJ": ("kilojoule", "kilojoules"),
    "kcal": ("kilocalorie", "kilocalories"), "Pa": ("pascal", "pascals"),
    "hPa": ("hectopascal", "hectopascals"), "kPa": ("kilopascal", "kilopascals"),
    "dB": ("decibel", "decibels"), "px": ("pixel", "pixels"),
    "fps": ("frame per second", "frames per second"),
    "mph": ("mile per hour", "miles per hour"), "kph": ("kilometer per hour",
    "kilometers per hour"), "Mbps": ("megabit per second", "megabits per second"),
    "Gbps": ("gigabit per second", "gigabits per second"),
    "°C": ("degree Celsius", "degrees Celsius"), "°F": ("degree Fahrenheit",
    "degrees Fahrenheit"), "°": ("degree", "degrees"), "K": ("kelvin", "kelvin"),
}  # fmt: skip
AMBIGUOUS: Final = frozenset({"m", "in", "K", "A"})  # a unit only where nothing else is likely
PER: Final = {"h": "hour", "s": "second", "min": "minute", "m": "meter", "l": "liter",
              "kg": "kilogram", "day": "day", "km": "kilometer", "year": "year"}  # fmt: skip
POWERS: Final = {"²": "square", "2": "square", "³": "cubic", "3": "cubic"}

MONEY: Final = {  # one, many, hundredth, hundredths
    "$": ("dollar", "dollars", "cent", "cents"), "€": ("euro", "euros", "cent", "cents"),
    "£": ("pound", "pounds", "penny", "pence"), "¥": ("yen", "yen", "sen", "sen"),
    "₹": ("rupee", "rupees", "paisa", "paise"), "₩": ("won", "won", "jeon", "jeon"),
    "USD": ("US dollar", "US dollars", "cent", "cents"),
    "EUR": ("euro", "euros", "cent", "cents"), "GBP": ("pound", "pounds", "penny", "pence"),
    "JPY": ("yen", "yen", "sen", "sen"), "CHF": ("Swiss franc", "Swiss francs", "centime",
    "centimes"), "CAD": ("Canadian dollar", "Canadian dollars", "cent", "cents"),
    "AUD": ("Australian dollar", "Australian dollars", "cent", "cents"),
    "INR": ("rupee", "rupees", "paisa", "paise"),
}  # fmt: skip
LARGE: Final = {
    "k": "thousand", "K": "thousand", "m": "million", "M": "million", "mn": "million",
    "bn": "billion", "b": "billion", "B": "billion", "tn": "trillion", "T": "trillion",
    "hundred": "hundred", "thousand": "thousand", "million": "million", "billion": "billion",
    "trillion": "trillion",
}  # fmt: skip

SIGNS: Final = {  # what is left over
    "&": "and", "=": "equals", "±": "plus or minus", "×": "times", "÷": "divided by",
    "≈": "about", "~": "about", "≤": "at most", "≥": "at least", "≠": "is not", "<": "less than",
    ">": "greater than", "§": "section", "¶": "paragraph", "→": "to", "⇒": "so", "√": "root of",
    "∞": "infinity", "‰": "per mille", "№": "number", "µ": "micro", "°": "degrees",
    "¢": "cents", "+": "plus", "%": "percent", "@": "at", "^": "to the power of", "²": "squared",
    "³": "cubed", "π": "pi",
}  # fmt: skip
GLYPHS: Final = {  # characters that are others in disguise
    "½": " 1/2", "⅓": " 1/3", "⅔": " 2/3", "¼": " 1/4", "¾": " 3/4", "⅕": " 1/5", "⅛": " 1/8",
    "’": "'", "‘": "'", "ʼ": "'", "‐": "-", "‑": "-", "‒": "-", "―": "—", "−": "-", "⁄": "/",
    "℃": "°C", "℉": "°F", "μ": "µ", "™": "", "®": "", "©": " copyright ", "•": ", ", "·": " ",
    "…": "…", "\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u200b": "", "\u200d": "",
    "\u2060": "", "\ufeff": "", "\u00ad": "", "ﬁ": "fi", "ﬂ": "fl",
}  # fmt: skip

REGNAL: Final = (  # "the Eighth"
    "Henry Louis Edward George William Charles James Richard Elizabeth Napoleon Pius Benedict Leo "
    "Paul Ramses Frederick Philip Alexander Nicholas Peter Catherine Ivan Umberto Emmanuel Gustav "
    "Christian Ferdinand Francis Joseph Leopold Albert Juan Carlos Mary Margaret John Otto Felipe "
    "Wilhelm Friedrich Ptolemy Darius Xerxes Innocent Gregory Clement Urban Boniface Sixtus Queen "
    "King Pope Emperor Haakon Olav Harald Rama"
).split()
NUMBERED: Final = (  # "Chapter Four"
    "Chapter chapter Part part Act act Scene scene Section section Volume volume Book book Phase "
    "phase Article article War Mark Type type Level level Stage stage Class class Grade grade Bowl "
    "Apollo Gemini Fantasy Episode episode Round round Rocky Appendix Figure Table Title Unit "
    "Division Schedule Annex Rule Canto"
).split()
ENDINGS: Final = frozenset("com org net edu gov info biz app dev".split())  # said as words
YEAR_BEFORE: Final = (
    "in since by until till of from to before after around circa year during and through between "
    "spring summer autumn fall winter"
).split()
