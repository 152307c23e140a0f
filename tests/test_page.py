"""The Studio as a person uses it, in a real browser: the face, its words, its looks, its keys."""

import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browser import (
    RATE,
    Served,
    Studio,
    count_frames,
    envelope,
    heard,
    likeness_of,
    listen,
    shoot,
    wait_until,
)
from numpy.typing import NDArray
from PIL import Image

from bonaface.speech.resample import resample
from bonaface.speech.synthesize import open_voice

pytestmark = pytest.mark.realtime

SENTENCE = "The quick brown fox jumps over the lazy dog."
OTHER = "Seven purple elephants bought umbrellas yesterday."
SPEECH = " ".join([SENTENCE] * 6)
SMALL = """() => [...document.querySelectorAll("button, select, .drives label")]
    .filter((e) => e.offsetParent)
    .map((e) => [e.id || e.textContent, e.getBoundingClientRect()])
    .filter(([, box]) => box.width < 44 || box.height < 44).map(([name]) => name)"""
# Ways to drive it, sizes of captions and shapes of the picture that do not fit a screen together.
CROWDED = """([width, height]) => {
    const [root, captions] = [document.documentElement, document.querySelector("#captions")];
    const crowded = [];
    for (const input of [...document.querySelectorAll("[name=drive]")].reverse()) {
        input.click();
        for (const size of ["largest", "large", "normal"]) {
            for (const shape of ["tall", "wide", "square"]) {
                captions.dataset.size = size;
                root.dataset.shape = shape;
                const {scrollWidth, scrollHeight} = root;
                if (scrollWidth > width || scrollHeight > height) {
                    crowded.push([input.value, size, shape, scrollWidth, scrollHeight]);
                }
            }
        }
    }
    return crowded; }"""
COLOURS = """() => { const look = getComputedStyle(document.body);
    const numbers = (colour) => colour.match(/[0-9]+/g).slice(0, 3).map(Number);
    return [numbers(look.backgroundColor), numbers(look.color)]; }"""
VIEWS = {"desktop": (1440, 900), "phone": (360, 740), "zoomed": (720, 450)}


def loudness(text: str) -> NDArray[np.float64]:
    """The envelope of a text as the voice says it."""
    sounds = [resample(one.sound, RATE).samples for one in open_voice("default").push(text)]
    return envelope(np.concatenate(sounds))


def shown(page: Any) -> str:
    return str(page.inner_text("#captions"))


def test_the_face_is_there_at_once_and_alive(studio: Studio) -> None:
    page = studio.open()
    assert max(count_frames(page, 2.0) for _ in range(3)) >= 20
    first, last = shoot(page, 2, 1500)
    assert first[1].shape == (512, 512, 3)
    assert np.abs(first[1].astype(int) - last[1]).mean() > 0.2, "it breathes"
    assert page.inner_text("#state") == "Ready"
    assert page.title() == "Bonaface Studio"


def test_what_is_typed_is_said_and_shown(studio: Studio) -> None:
    page = studio.open()
    listen(page)
    page.fill("#words", SENTENCE)
    page.press("#words", "Enter")
    page.wait_for_selector('html[data-state="speaking"]')
    page.wait_for_selector(".word.said")
    assert page.inner_text("#captions .said").strip() == SENTENCE
    assert page.input_value("#words") == ""
    page.wait_for_selector('html[data-state="idle"]')
    page.wait_for_timeout(600)
    assert page.locator(".word:not(.said)").count() == 0, "every word was marked as it was said"
    played = envelope(heard(page))
    agreement = likeness_of(loudness(SENTENCE), played)
    # A browser stretches sound a little when its machine is busy: not quite the same.
    assert agreement > 0.6, "the page plays what the voice says"
    assert agreement > likeness_of(loudness(OTHER), played) + 0.1, "and not something else"


def test_escape_silences_the_face(studio: Studio) -> None:
    page = studio.open()
    listen(page)
    page.fill("#words", SPEECH)
    page.press("#words", "Enter")
    page.wait_for_selector('html[data-state="speaking"]')
    page.wait_for_timeout(2500)
    pressed = page.evaluate("performance.now()")
    page.keyboard.press("Escape")
    page.wait_for_timeout(2000)
    runs = page.evaluate("""() => window.heard.map(([at, ...samples]) =>
        [at, Math.sqrt(samples.reduce((sum, x) => sum + x * x, 0) / samples.length)])""")
    before = [loud for at, loud in runs if pressed - 1500 < at <= pressed]
    after = [loud for at, loud in runs if at > pressed + 700]
    assert max(before) > 0.02, "it was speaking"
    assert max(after) < 0.005, "and is silent"
    assert page.locator(".said.unheard .word").count() > 0
    assert page.inner_text("#state") == "Ready"


def test_captions_are_text_and_can_be_turned_off(studio: Studio) -> None:
    page = studio.open()
    page.fill("#words", 'Hello <img src=x onerror="window.bad=1"> there.')
    page.press("#words", "Enter")
    page.wait_for_selector(".word.said")
    assert "<img" in shown(page)
    assert page.evaluate("window.bad") is None
    page.get_by_role("button", name="Captions").click()
    assert not page.is_visible(".captions .word")
    assert page.get_attribute("#captions", "aria-live") == "off"


def test_figures_are_one_key_away(studio: Studio) -> None:
    page = studio.open()
    assert not page.is_visible("#figures")
    page.keyboard.press("i")
    page.wait_for_selector("#figures-here dd")
    page.wait_for_selector("#figures-there dd")
    assert "Pictures shown" in page.inner_text("#figures-there")
    wait_until(lambda: page.inner_text("#spark-rate-now").isdigit(), 6)
    assert "512 \N{MULTIPLICATION SIGN} 512" in page.inner_text("#figures-here")
    page.keyboard.press("i")
    assert not page.is_visible("#figures")


def test_everything_can_be_done_from_the_keyboard(studio: Studio) -> None:
    page = studio.open()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to what the face says"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "words"
    page.reload()
    page.wait_for_selector('html[data-phase="live"]', timeout=15_000)
    reached = []
    for _ in range(30):
        page.keyboard.press("Tab")
        place = page.evaluate("""() => { const e = document.activeElement;
            const box = e.getBoundingClientRect(), look = getComputedStyle(e);
            return [e.id || e.name || e.dataset.id || e.tagName, box.width > 0,
                look.outlineStyle !== "none" || e.closest(".say, .drives label") !== null]; }""")
        if place[0] == "BODY":  # past the last one
            break
        assert place[1], f"{place[0]} is focused and cannot be seen"
        assert place[2], f"{place[0]} does not show its focus"
        reached.append(place[0])
    wanted = {"sound", "captions-on", "figures-on", "call-open", "add-open", "about-open", "drive"}
    assert wanted | {"words", "microphone", "send"} <= set(reached)
    page.focus("#words")
    page.keyboard.type("Yes.")
    page.keyboard.press("Enter")
    page.wait_for_selector('html[data-state="speaking"]')
    page.focus('input[name="drive"][value="text"]')
    page.keyboard.press("ArrowRight")
    assert page.get_attribute("html", "data-drive") == "voice"
    assert page.get_attribute("#microphone", "aria-pressed") == "false", "not by walking past"
    while page.evaluate("document.activeElement.id") != "heard":
        page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    assert "a sentence late" in page.inner_text("#drive-note")
    wait_until(lambda: heard_as(studio) == ("voice", False), 5)
    page.focus("#call-open")
    page.keyboard.press("Enter")
    assert page.is_visible("#call")
    page.keyboard.press("Escape")
    assert not page.is_visible("#call")
    assert page.evaluate("document.activeElement.id") == "call-open"


def heard_as(studio: Studio) -> tuple[str, bool]:
    """What drives the one session, and whether others hear the person's own voice."""
    (one,) = studio.ask("GET", "/api/sessions")["sessions"]
    return one["drive"], one["own_voice"]


def test_space_held_down_opens_the_microphone(studio: Studio) -> None:
    page = studio.open()
    page.click('label:has(input[value="voice"])')
    page.wait_for_selector('#microphone[aria-pressed="true"]')
    page.click("#microphone")
    page.wait_for_selector('#microphone[aria-pressed="false"]')
    page.locator("#microphone").blur()
    page.keyboard.down(" ")
    page.wait_for_selector('#microphone[aria-pressed="true"]')
    page.keyboard.up(" ")
    page.wait_for_selector('#microphone[aria-pressed="false"]')


def test_a_screen_reader_finds_its_way(studio: Studio) -> None:
    page = studio.open()
    for role, name in (
        ("heading", "Bonaface"),
        ("toolbar", "Studio"),
        ("button", "Sound"),
        ("button", "Put it into a call"),
        ("radiogroup", "Likeness"),
        ("button", "Add a likeness"),
        ("group", "What drives the face"),
        ("radio", "Text"),
        ("radio", "Face"),
        ("textbox", "What the face says"),
        ("button", "Microphone"),
        ("button", "Say it"),
        ("log", "Captions"),
        ("status", ""),
    ):
        found = page.get_by_role(role, name=name) if name else page.get_by_role(role)
        assert found.count() >= 1, f"no {role} named {name!r}"
    voices = page.get_by_role("combobox", name="Others hear", include_hidden=True)
    assert voices.locator("option").all_inner_texts() == ["My own voice", "A synthetic voice"]
    assert "made by AI" in page.get_attribute("#face", "aria-label")
    assert "made by AI" in page.inner_text(".ai .unseen")
    assert page.get_attribute("#captions", "aria-live") == "polite"
    likeness = page.get_by_role("radiogroup", name="Likeness").get_by_role("radio")
    assert likeness.first.get_attribute("aria-checked") == "true"
    unnamed = page.evaluate("""() => [...document.querySelectorAll("button, input, select, a")]
        .filter((e) => e.offsetParent && !e.textContent.trim() && !e.ariaLabel && !e.labels?.length)
        .map((e) => e.outerHTML)""")
    assert unnamed == []


def test_it_fits_every_screen(studio: Studio, tmp_path: Path) -> None:
    page = studio.open()
    for view, (width, height) in VIEWS.items():
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, "nothing hangs over"
        if view != "zoomed":
            assert page.evaluate(CROWDED, [width, height]) == [], "all in one sight"
        assert page.evaluate(SMALL) == [], "fingers need 44 px"
        face = page.locator("#frame").bounding_box()
        assert face["width"] * face["height"] > 0.16 * width * height, "the face is what one sees"
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            page.screenshot(path=tmp_path / f"{view}-{scheme}.png")
            ground, ink = page.evaluate(COLOURS)
            assert contrast(ground, ink) > 7
            assert (sum(ground) > sum(ink)) == (scheme == "light")
    page.emulate_media(reduced_motion="reduce", forced_colors="active")
    assert page.locator("#frame").is_visible()
    motions = "document.getAnimations().filter((one) => one.playState === 'running').length"
    assert page.evaluate(motions) == 0


def contrast(one: list[int], other: list[int]) -> float:
    """The contrast of two sRGB colours (WCAG 2.2)."""
    shares = [np.array(colour) / 255 for colour in (one, other)]
    linear = [np.where(s <= 0.04045, s / 12.92, ((s + 0.055) / 1.055) ** 2.4) for s in shares]
    dark, light = sorted(float(rgb @ [0.2126, 0.7152, 0.0722]) for rgb in linear)
    return (light + 0.05) / (dark + 0.05)


def test_what_is_behind_the_face_is_chosen(studio: Studio, tmp_path: Path) -> None:
    page = studio.open()
    page.focus('input[name="drive"][value="text"]')
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert page.get_attribute("html", "data-drive") == "face"
    before = corner(page)
    page.select_option("#background", "none")
    wait_until(lambda: bool(np.abs(corner(page) - before).max() > 20), 10)
    Image.new("RGB", (640, 480), (20, 160, 60)).save(tmp_path / "meadow.png")
    page.set_input_files("#background-file", tmp_path / "meadow.png")
    wait_until(lambda: bool(np.abs(corner(page) - (20, 160, 60)).max() < 25), 10)
    page.select_option("#background", "own")
    wait_until(lambda: bool(np.abs(corner(page) - before).max() < 12), 10)


def corner(page: Any) -> NDArray[np.float64]:
    """The mean colour of the scene at the upper left."""
    ((_, pixels),) = shoot(page, 1, 0)
    return np.asarray(pixels[8:40, 8:40].mean((0, 1)), np.float64)


def test_a_mind_answers_what_is_written(studio: Studio) -> None:
    page = studio.open()
    page.focus('input[name="drive"][value="text"]')
    page.keyboard.press("ArrowLeft")
    assert page.get_attribute("html", "data-drive") == "mind"
    page.select_option("#mind", "patient")
    page.wait_for_selector('html[data-phase="live"][data-shown]', timeout=20_000)
    page.fill("#words", "Good morning.")
    page.press("#words", "Enter")
    asked = page.wait_for_selector(".captions .you:not(:empty)")
    assert "Good morning." in asked.inner_text()
    page.wait_for_selector(".word.said", timeout=10_000)
    assert "Good morning." not in page.inner_text(".captions .said"), "it does not say it itself"
    assert page.get_attribute("#microphone", "aria-pressed") == "false"


def test_a_clean_window_shows_the_face_and_nothing_else(studio: Studio) -> None:
    page = studio.open()
    asked: list[tuple[int, str]] = []
    page.on("response", lambda answer: asked.append((answer.status, answer.url)))
    page.click("#call-open")
    page.wait_for_selector("#address-whep")
    page.wait_for_timeout(200)
    assert [one for one in asked if one[0] >= 400] == []
    assert "/whep/" in page.inner_text("#address-whep")
    assert "/whip/" in page.inner_text("#address-whip")
    assert "/watch/" in page.inner_text("#address-watch")
    clean = page.context.new_page()
    clean.goto(page.get_attribute("#clean", "href"))
    clean.wait_for_selector("html.clean[data-shown]", timeout=15_000)
    assert not clean.is_visible(".dock")
    assert not clean.is_visible(".bar")
    assert clean.locator("#face").bounding_box()["width"] == clean.viewport_size["width"]


def test_a_recording_is_made_signed_and_known_again(studio: Studio, tmp_path: Path) -> None:
    page = studio.open()
    page.fill("#words", SENTENCE)
    page.click("#call-open")
    page.get_by_role("button", name="Start recording").click()
    stop = page.get_by_role("button", name="Stop recording")
    stop.wait_for()
    page.locator("#call [data-close]").click()
    page.press("#words", "Enter")
    page.wait_for_selector(".word.said")
    page.wait_for_timeout(3000)
    page.click("#call-open")
    stop.click()
    link = page.wait_for_selector("#recording-link:not([hidden])", timeout=60_000)
    with page.expect_download() as download:
        link.click()
    film = tmp_path / "film.mp4"
    download.value.save_as(film)
    check = [sys.executable, "-m", "bonaface", "check", str(film), "--json"]
    environment = os.environ | {"BONAFACE_HOME": str(studio.served.home)}
    told = subprocess.run(check, env=environment, capture_output=True, text=True, check=False)
    assert "made-by-ai" in told.stdout


def test_a_page_loaded_again_takes_up_its_conversation(studio: Studio) -> None:
    page = studio.open()
    (before,) = studio.ask("GET", "/api/sessions")["sessions"]
    page.reload()
    page.wait_for_selector('html[data-phase="live"][data-shown]', timeout=15_000)
    (after,) = studio.ask("GET", "/api/sessions")["sessions"]
    assert after["id"] == before["id"]


def test_a_blocked_sound_is_one_press_away(launch: Callable[..., Any], served: Served) -> None:
    browser = launch("--autoplay-policy=document-user-activation-required")
    studio = Studio(served, browser)
    page = studio.context().new_page()
    page.goto(served.address)
    # Playwright's own questions count as a person's press, so the page is left alone for now.
    sessions = partial(studio.ask, "GET", "/api/sessions")
    wait_until(lambda: any(one["peers"] for one in sessions()["sessions"]), 20)
    page.wait_for_timeout(4000)
    assert page.is_visible("#hear")
    assert page.evaluate("document.querySelector('#face').paused") is False, "it is seen meanwhile"
    page.get_by_role("button", name="Tap to hear").click()
    assert not page.is_visible("#hear")
    assert page.evaluate("document.querySelector('#face').muted") is False
    studio.close()
    browser.close()
    assert studio.wrongs == []
