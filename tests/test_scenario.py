"""Scenarios: what is heard decides what is said, always the same way; bad files name the line."""

from pathlib import Path

import pytest

from bonaface.errors import ScenarioInvalid
from bonaface.mind.listening import read_number, read_pattern, split_words, stem
from bonaface.mind.mind import Mind
from bonaface.mind.scenario import CANDID, Scenario
from bonaface.mind.script import open_script, read_script, shipped
from bonaface.mind.sentences import split_sentences

DOOR = """
name: A door
start: closed
slots: {colour: green}
words:
  open: [unlock]
states:
  closed:
    say: A {colour} door.
    silence: ["Well?", "Still there?"]
    listen:
      - hear: [open, "let me in"]
        say: ["It opens, {who}.", It opens.]
        again: It is open.
      - hear: ["my name is {who}"]
        say: "Hello, {who}."
      - hear: ["{years:number} years"]
        say: "{years}, really?"
      - hear: [leave]
        to: left
    otherwise: ["Pardon?", You had better go.]
    then: left
  left:
    say: Goodbye.
    end: yes
"""


def says(mind: Mind, heard: str) -> str:
    return " ".join(mind.push(heard))


def door(seed: int = 0) -> Scenario:
    return Scenario(read_script(DOOR), seed)


def heard(pattern: str, text: str) -> bool:
    return read_pattern(pattern, {}).find(split_words(text)) is not None


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("allergy", "Do you have any allergies?"),
        ("allergies", "Any alergys to medicine?"),
        ("pain move|spread", "Does the pain, you know, ever spread?"),
        ("when * start", "When, if you can remember at all now, did this thing start?"),
        ("yes", "Yeah, sure."),
        ("no", "I don't think so."),
        ("wifi", "Is there Wi-Fi?"),
        ("{n:number} years", "About forty-two years, I think."),
    ],
)
def test_words_are_recognised(pattern: str, text: str) -> None:
    assert heard(pattern, text)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("pain spread", "Spread the pain."),
        ("pain spread", "The pain was bad and then some butter was spread."),
        ("chest", "The best guest."),
        ("no", "I know."),
        ("{n:number} years", "Many years."),
        ("{name}", "This goes on and on without a single name being said at all."),
        ("word", ""),
    ],
)
def test_other_words_are_not(pattern: str, text: str) -> None:
    assert not heard(pattern, text)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("My name is Tom Baker, and I'm late.", "Tom Baker"),
        ("my name is anna and i want in", "Anna"),
        ("My name is Dr. Mary Ann Smith Jones.", "Dr Mary Ann Smith"),
    ],
)
def test_a_name_ends_where_the_name_ends(text: str, name: str) -> None:
    found = read_pattern("my name is {name}", {}).find(split_words(text))
    assert found
    assert dict(found.slots) == {"name": name}


@pytest.mark.parametrize(
    ("words", "number"),
    [("fifty two", 52), ("7", 7), ("two thousand and five", 2005), ("three hundred", 300)],
)
def test_numbers_are_read(words: str, number: int) -> None:
    assert read_number(words.split()) == (number, len(words.split()))


def test_stems_of_one_word_agree() -> None:
    assert len({stem(word) for word in ("smoke", "smokes", "smoked", "smoking")}) == 1
    assert len({stem(word) for word in ("allergy", "allergies")}) == 1


def test_a_conversation_goes_from_state_to_state() -> None:
    mind = door()
    assert list(mind.greet()) == ["A green door."]
    assert says(mind, "please unlock it") == "It opens."
    assert says(mind, "open!") == "It is open."
    assert says(mind, "I leave now") == "Goodbye."
    assert mind.ended
    assert says(mind, "open") == ""
    mind.reset()
    assert not mind.ended
    assert says(mind, "My name is Zoe.") == "Hello, Zoe."
    assert says(mind, "open") == "It opens, Zoe."
    assert says(mind, "Twenty one years") == "21, really?"


def test_what_is_not_understood_is_asked_again_and_then_given_up() -> None:
    mind = door()
    assert says(mind, "blah") == "Pardon?"
    assert says(mind, "blah") == "You had better go. Goodbye."
    assert mind.state == "left"


def test_silence_is_answered_a_few_times() -> None:
    mind = door()
    assert [says(mind, "") for _ in range(3)] == ["Well?", "Still there?", ""]


def test_what_was_not_heard_is_said_again() -> None:
    mind = door()
    answer = says(mind, "open")
    mind.told("")
    assert says(mind, "mumble mumble") == answer
    mind.told("")
    assert says(mind, "open") == answer, "it was never heard, so it is not `again`"
    mind.told("It opens.")
    assert says(mind, "open") == "It is open."


def test_it_says_that_it_is_an_ai_whatever_the_script() -> None:
    for name in shipped():
        mind = Scenario(open_script(name))
        assert says(mind, "Wait, are you a real person or an AI?") == CANDID


def test_the_same_seed_says_the_same() -> None:
    talk = ["Describe the pain.", "What is it like?", "What is it like?", "Bananas."]
    said = []
    for seed in (1, 1, 2, 3, 4, 5):
        mind = Scenario(open_script("patient"), seed)
        list(mind.push("hello"))
        said.append(tuple(says(mind, heard) for heard in talk))
    assert said[0] == said[1]
    assert len(set(said)) > 1


TALKS = {
    "patient": [
        ("Hello, my name is Dr. Adams.", "Nice to meet you, Dr Adams."),
        ("When did the pain start?", "last night"),
        ("Does it spread to your arm?", "left arm"),
        (
            "Do you smoke or drink?",
            "Ten a day, since I was eighteen. You'll tell me off now. A glass",
        ),
        ("Any allergies?", "Penicillin"),
        ("Is there any family history of heart disease?", "My father"),
        ("Thank you for your time.", "Thank you, Dr Adams."),
    ],
    "instructor": [
        ("I'm Tom.", "Good to have you here, Tom."),
        ("Yes please.", "Step one."),
        ("I would let them cough.", "That's right."),
        ("Five.", "Exactly"),
        ("Call an ambulance.", "Yes. Call an ambulance"),
        ("No thanks.", "Goodbye, Tom."),
    ],
    "receptionist": [
        ("Hi, my name is Anna Schmidt and I'm here to see Dr. Wagner.", "Welcome, Anna Schmidt."),
        ("No, it's with Mr. Walker.", "Mr Walker, is that right?"),
        ("Yes, that's right.", "I have told Mr Walker"),
        ("Where are the toilets?", "down the hall"),
        ("No, thank you.", "You are welcome, Anna Schmidt."),
    ],
}


@pytest.mark.parametrize("name", TALKS)
def test_a_shipped_scenario_can_be_played_to_its_end(name: str) -> None:
    mind = Scenario(open_script(name))
    assert list(mind.greet())
    for heard_, wanted in TALKS[name]:
        assert wanted in says(mind, heard_)
    assert mind.ended


def test_the_patient_tells_nothing_unasked() -> None:
    mind = Scenario(open_script("patient"))
    said = " ".join(
        [*mind.greet(), says(mind, "Hello, I'm Dr. Adams."), says(mind, "What is wrong?")]
    )
    for fact in ("arm", "father", "Penicillin", "Ten a day", "blood pressure", "sweat"):
        assert fact not in said


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "block"),
        ("[1, 2]", "block"),
        ("states: {}", "states are missing"),
        ("states:\n  a:\n    listn: []", r"line 3: .*no 'listn'"),
        (
            "states:\n  a:\n    listen:\n      - hear: [x]\n        to: b\n",
            "'b', which is no state",
        ),
        ("states:\n  a:\n    listen:\n      - say: [x]\n", "line 4: a rule without `hear`"),
        ("states:\n  a:\n    listen:\n      - hear: ['(x)']\n", r"line 4: hear '\(x\)'"),
        ("states:\n  a:\n    say: 'I am {nobody}'\n    end: yes\n", "which nothing fills"),
        ("states:\n  a:\n    end: maybe\n", "end is yes or no"),
        ("states:\n  a: {say: x}\n", "listens for nothing"),
        ("states:\n  a: {end: yes}\n  a: {end: yes}\n", "line 3: a is there twice"),
        ("patience: soon\nstates:\n  a: {end: yes}\n", "patience is a number"),
        ("states: {a: {end: yes}\n", "line"),
        ("a: &x [1]\nb: *x\n", "line 2: aliases"),
        ("a: " + "[" * 50 + "]" * 50, "too deep"),
        ("a: !!python/object/apply:os.getcwd []", "no 'a'"),
        ("states:\n  \x00: {}", "line|not allowed"),
        ("# " + "x" * 300_000, "too long"),
    ],
)
def test_a_bad_file_says_where(text: str, message: str) -> None:
    with pytest.raises(ScenarioInvalid, match=message):
        read_script(text)


def test_a_file_of_ones_own_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "door.yaml"
    path.write_text(DOOR)
    assert open_script(path).name == "A door"
    with pytest.raises(ScenarioInvalid, match=r"cannot be read.*patient"):
        open_script(tmp_path / "none.yaml")
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ScenarioInvalid, match="cannot be read"):
        open_script(str(path))


def test_a_flood_of_words_is_borne() -> None:
    mind = Scenario(open_script("patient"))
    assert says(mind, "why " * 100_000)


def test_sentences_come_when_they_are_over() -> None:
    pieces = iter(["Hello", " there. How", " is Dr. Who? ", "Fine", "."])
    sentences = split_sentences(pieces)
    assert next(sentences) == "Hello there."
    assert next(pieces) == " is Dr. Who? ", "no piece was taken before it was needed"
    assert list(split_sentences(["One. ", "\n\n", "Two"])) == ["One.", "Two"]
    assert all(len(part) <= 300 for part in split_sentences(["word " * 500]))


def test_the_example_of_the_page_works() -> None:
    page = (Path(__file__).parent.parent / "docs" / "scenarios.md").read_text()
    mind = Scenario(read_script(page.partition("```yaml\n")[2].partition("```")[0]))
    assert "3 apples, here you are." in says(mind, "Three apples, please.")
    assert says(mind, "No thanks.") == "Goodbye!"
    assert mind.ended
