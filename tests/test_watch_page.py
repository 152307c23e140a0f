"""The player page in a real browser: what it checks, what it calls each attack, what it shows.

There is no server: what one would answer is a folder, so nothing waits for real time.
"""

import base64
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from films import make_hls, make_statement, pour, reel
from streams import Made, beginning, flip, save
from test_live_credentials import ATTACKS

import bonaface.server
from bonaface.marks.label.wording import LANGUAGES, word
from bonaface.marks.live.signer import open_signer
from bonaface.marks.signers import keys
from bonaface.server.headers import HEADERS
from bonaface.server.routes.page import TYPES

pytestmark = [pytest.mark.realtime, pytest.mark.usefixtures("home")]
PAGE = Path(bonaface.server.__file__).parent / "page"
ADDRESS = "http://localhost/watch/abc?ticket=x"
FOLLOW = """async ([root, beginnings, segments]) => {
  const {Track} = await import("/page/credentials.js");
  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const track = new Track(bytes(root));
  const began = [];
  for (const one of beginnings) began.push((await track.begin(bytes(one))).problem);
  const seen = [];
  for (const one of segments) seen.push(await track.follow(bytes(one)));
  const ended = track.newest?.consent?.ended ?? null;
  return {began, seen: seen.map((one) => one.problem), ended, texts: seen.map((one) => one.text)};
}"""


@dataclass
class Site:
    """A folder as a server would give it, and pages that look at it."""

    browser: Any
    folder: Path
    wrongs: list[str] = field(default_factory=list)
    contexts: list[Any] = field(default_factory=list)

    def open(self, **options: Any) -> Any:
        context = self.browser.new_context(**options)
        self.contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: self.wrongs.append(message.text))
        page.on("pageerror", lambda error: self.wrongs.append(str(error)))
        page.route("**/*", self._answer)
        page.goto(ADDRESS)
        return page

    def _answer(self, route: Any) -> None:
        path = route.request.url.split("?")[0].removeprefix("http://localhost/")
        kind, _, name = path.partition("/")
        file = {"watch": PAGE / "watch.html", "page": PAGE / name}.get(kind)
        if file is None or name == "authority.pem":
            file = self.folder / name.rpartition("/")[2]
        if not file.exists():
            route.fulfill(status=404)
            return
        dressed = HEADERS | {"Content-Type": TYPES.get(file.suffix, "video/mp4")}
        route.fulfill(body=file.read_bytes(), headers=dressed)


@pytest.fixture
def site(browser: Any, tmp_path: Path) -> Iterator[Site]:
    folder = tmp_path / "site"
    folder.mkdir()
    made = Site(browser, folder)
    yield made
    for context in made.contexts:
        context.close()


@pytest.fixture
def playing(site: Site) -> Site:
    """Six seconds of HLS that is over."""
    hls = make_hls()
    pour(hls, reel())
    hls.end()
    assert hls.wait(20)
    save(hls, site.folder)
    (site.folder / "authority.pem").write_bytes(keys.root_certificate() or b"")
    return site


def text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def follow(page: Any, beginnings: list[bytes], segments: list[bytes], root: str = "") -> Any:
    """What the page's own verifier says."""
    pem = (keys.root_certificate() or b"").decode()
    own = "".join(pem.splitlines()[1:-1])
    return page.evaluate(FOLLOW, [root or own, [*map(text, beginnings)], [*map(text, segments)]])


def test_the_page_names_every_attack_as_we_do(site: Site) -> None:
    page = site.open()
    statement = make_statement()[0]
    own, other = Made(statement).go_on(5), Made(statement, stream="two").go_on(5)
    for name, (attack, expected) in ATTACKS.items():
        told = follow(page, own.beginnings, attack(own.segments, other.segments))
        assert told["seen"] == expected, name
        assert [bool(one) for one in told["texts"]] == [one is not None for one in expected]
    both = follow(page, own.beginnings + other.beginnings, other.segments[:1])
    assert (both["began"], both["seen"]) == ([None, "foreign"], ["foreign"])


def test_the_page_trusts_one_authority_and_whole_beginnings(site: Site) -> None:
    page = site.open()
    made = Made().go_on(1)
    whole = made.beginnings[0]
    for at in (whole.index(b"mvhd") + 20, whole.index(b"minSequenceNumber") + 17, len(whole) - 3):
        told = follow(page, [flip(whole, at)], made.segments)
        assert (told["began"], told["seen"]) == (["unproven"], ["unproven"])
    assert follow(page, [beginning()], [])["began"] == ["unproven"]
    stranger = text(open_signer(made.day()).chain[0])  # no authority at all
    assert follow(page, [whole], made.segments, stranger)["began"] == ["unproven"]


def test_the_page_goes_on_with_another_key_and_knows_a_card(site: Site) -> None:
    page = site.open()
    made = Made().go_on(2)
    made.signer._begin = None
    made.go_on(1).go_on(1, "card")
    told = follow(page, made.beginnings, made.segments)
    assert (told["began"], told["ended"]) == ([None] * 3, True)
    assert told["seen"][:2] == [None, None]


def test_it_plays_and_vouches_for_what_it_plays(playing: Site) -> None:
    page = playing.open(viewport={"width": 390, "height": 780})
    page.wait_for_function("() => document.querySelector('video').currentTime > .5")
    page.wait_for_function("() => /checked: 6/.test(document.querySelector('#told').textContent)")
    assert page.get_attribute("html", "data-proof") == "good"
    assert "made with AI" in page.inner_text("#alert"), "a screen reader hears it"
    assert page.get_attribute("video", "aria-describedby") == "told"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    told = page.inner_text("#sheet")
    for words in ("AI: a face", keys.ORGANISATION, "in force", "6 of 6 verified"):
        assert words in told
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert playing.wrongs == []


@pytest.mark.parametrize(
    ("file", "change", "says"),
    [
        ("picture-1.m4s", lambda data: flip(data, len(data) - 99), "was changed"),
        ("sound-begin-0.mp4", lambda data: flip(data, data.index(b"mvhd") + 20), "does not hold"),
    ],
)
def test_it_turns_red_and_says_why(
    playing: Site, file: str, change: Callable[[bytes], bytes], says: str
) -> None:
    path = playing.folder / file
    path.write_bytes(change(path.read_bytes()))
    page = playing.open()
    page.wait_for_selector('html[data-proof="bad"]')
    page.click("#pin")
    assert f"{file} " in page.inner_text("#trouble-list")
    assert says in page.inner_text("#trouble-list")
    assert "do not hold" in page.inner_text("#alert")


def test_it_stays_grey_where_it_cannot_tell(playing: Site) -> None:
    page = playing.browser.new_page()
    playing.contexts.append(page)
    page.route("**/*", playing._answer)
    page.add_init_script("delete SubtleCrypto.prototype.importKey")
    page.goto(ADDRESS)
    page.wait_for_selector('html[data-proof="unsure"]')
    page.wait_for_function("() => document.querySelector('video').currentTime > .2")
    assert "could not be checked" in page.inner_text("#told")


@pytest.mark.parametrize(("locale", "says"), [("de-AT", "mit KI erzeugt"), ("eo", "made with AI")])
def test_it_speaks_the_viewers_language(site: Site, locale: str, says: str) -> None:
    page = site.open(locale=locale)
    page.wait_for_function(f"() => /{says}/.test(document.querySelector('#alert').textContent)")
    assert says in page.get_attribute("video", "aria-label")
    assert page.get_attribute("html", "lang") == {"de-AT": "de"}.get(locale, "en")


def test_its_words_are_whole_in_every_language_of_the_label() -> None:
    known = json.loads((PAGE / "watch.json").read_text())
    english = re.findall(r"^  (\w+): \"", (PAGE / "words.js").read_text(), re.MULTILINE)
    assert set(known) == {*LANGUAGES} - {"en"}
    for language, words in known.items():
        assert list(words) == english
        assert all(words.values())
        assert "{n}" in words["count"]
        assert words["ai"] == (word(language).label if word(language).language != "en" else "AI")


def test_what_is_not_there_is_said(site: Site) -> None:
    page = site.open()
    page.wait_for_function("() => /nothing to watch/.test(document.body.innerText)")
    assert page.get_attribute("html", "data-proof") == "unsure"
