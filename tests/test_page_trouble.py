"""What the Studio says and does when something is wrong: consents, servers, devices, browsers."""

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browser import Studio, open_studio, serve, shoot, wait_until
from PIL import Image

from bonaface import weights

pytestmark = pytest.mark.realtime

DEVICE_ERROR = """(name) => { navigator.mediaDevices.getUserMedia =
    async () => { throw new DOMException("", name); }; }"""
BROKEN = {
    "NotAllowedError": "The microphone is blocked.",
    "NotFoundError": "No microphone was found.",
    "NotReadableError": "Another program holds the microphone.",
}
SILENT = """() => { navigator.mediaDevices.getUserMedia = async () =>
    new AudioContext().createMediaStreamDestination().stream; }"""


def veil(page: Any) -> str:
    return str(page.inner_text("#veil"))


def fill_in(page: Any, photo: Path) -> None:
    page.set_input_files("#photo", photo)
    page.check('input[name="basis"][value="public-domain-historical"]')
    page.fill("#subject", "Grace Hopper, again")
    page.fill("#purpose", "Teaching, online")
    page.select_option("#where", "live")


def tick(page: Any) -> str:
    """Agree to a face that is live only; answers the words."""
    words = str(page.inner_text("#agree-words"))
    assert "live, and never recorded," in words
    assert "For teaching online, until" in words
    page.select_option("#where", "live,recorded")
    assert not page.is_checked("#agree"), "other words are not agreed to"
    page.select_option("#where", "live")
    page.check("#agree")
    return words


def record_in_vain(page: Any) -> str:
    """Ask for a recording that is refused; answers why."""
    page.click("#call-open")
    page.get_by_role("button", name="Start recording").click()
    why = str(page.wait_for_selector("#call-refusal:not([hidden])").inner_text())
    page.keyboard.press("Escape")
    return why


def test_a_likeness_is_added_with_a_yes_and_goes_when_it_is_taken_back(
    studio: Studio, tmp_path: Path
) -> None:
    page = studio.open()
    nobody = tmp_path / "nobody.png"
    Image.new("RGB", (640, 640), (120, 130, 140)).save(nobody)
    page.get_by_role("button", name="Add a likeness").click()
    send = page.get_by_role("button", name="Record this yes and add the face")
    refusal = page.locator("#add-refusal")

    send.click()
    assert "Choose a photo" in refusal.inner_text()
    fill_in(page, nobody)
    send.click()
    assert "without a yes" in refusal.inner_text()
    page.check("#agree")
    send.click()
    wait_until(lambda: "face" in refusal.inner_text(), 20)
    assert len(studio.ask("GET", "/api/likenesses")["likenesses"]) == 1, "nobody was added"

    page.set_input_files("#photo", weights.find("portrait-hopper"))
    ticked = tick(page)
    send.click()
    page.wait_for_selector('.face[aria-checked="true"] >> text=again', timeout=30_000)
    page.wait_for_selector('html[data-phase="live"][data-shown]', timeout=20_000)
    added = studio.ask("GET", "/api/likenesses")["likenesses"][-1]
    assert added["purposes"] == ["teaching-online"]
    assert added["contexts"] == ["live"]
    (record,) = studio.served.home.glob(f"likenesses/{added['id']}/record.json")
    assert json.loads(record.read_text())["notice"]["text"] in ticked, "what was ticked is kept"
    assert "live, not recorded" in record_in_vain(page)
    (before,) = shoot(page, 1, 0)

    page.click("#about-open")
    assert "teaching online" in page.inner_text("#about-consent")
    assert "Live only" in page.inner_text("#about-consent")
    page.get_by_role("button", name="Take the consent back").click()
    page.get_by_role("button", name="Take it back").click()
    begun = time.monotonic()
    page.wait_for_selector('html[data-phase="ended"]', timeout=3000)
    assert time.monotonic() - begun < 1.5
    assert "consent for this face has ended" in veil(page)
    assert not page.is_visible("#face"), "the face is gone"
    page.wait_for_timeout(1000)
    (after,) = shoot(page, 1, 0)
    assert np.abs(before[1].astype(int) - after[1]).mean() > 15, "from the stream too"
    assert page.evaluate("document.querySelector('#face').srcObject.active"), "the call stays"
    page.wait_for_selector(".face.over")
    studio.ask("DELETE", f"/api/likenesses/{added['id']}")


def test_two_restarts_of_the_server_are_told_and_survived(browser: Any, tmp_path: Path) -> None:
    for served in serve(tmp_path):
        studio = Studio(served, browser)
        page = studio.open()
        page.focus('input[name="drive"][value="text"]')
        page.keyboard.press("ArrowRight")
        page.select_option("#heard", "synthetic")
        for _ in range(2):
            served.kill()
            page.wait_for_selector('html[data-phase="reconnecting"]', timeout=12_000)
            assert "Reconnecting" in veil(page)
            served.start()
            page.wait_for_selector('html[data-phase="live"]', timeout=20_000)
            notice = page.wait_for_selector('.notice[data-code="renewed"]')
            assert "started again" in notice.inner_text()
            page.click('.notice[data-code="renewed"] button')
            (one,) = studio.ask("GET", "/api/sessions")["sessions"]
            assert (one["drive"], one["own_voice"]) == ("voice", False), "as it was"
        page.reload()
        page.wait_for_selector('html[data-phase="live"]', timeout=20_000)
        assert page.input_value("#heard") == "synthetic", "it is remembered"
        page.fill("#words", "I am back.")
        page.press("#words", "Enter")
        page.wait_for_selector('html[data-state="speaking"]', timeout=10_000)
        assert studio.wrongs == []
        studio.close()


def test_a_lost_connection_comes_back_to_the_same_session(studio: Studio) -> None:
    context = studio.context()
    peers: list[str] = []
    context.on("response", lambda answer: peers.append(answer.headers.get("location", "")))
    page = open_studio(context, studio.served.address)
    (before,) = studio.ask("GET", "/api/sessions")["sessions"]
    studio.ask("DELETE", next(filter(lambda path: "/peer/" in path, peers)))
    page.wait_for_selector('html[data-phase="reconnecting"]', timeout=15_000)
    page.wait_for_selector('html[data-phase="live"]', timeout=20_000)
    (after,) = studio.ask("GET", "/api/sessions")["sessions"]
    assert after["id"] == before["id"]


def test_a_full_server_says_why_and_when_it_is_tried_again(studio: Studio) -> None:
    context = studio.context()
    full = {"error": "This machine is full.", "remedy": "Try again in a moment.", "reason": "full"}
    answer: dict[str, Any] = {"status": 503, "json": full, "headers": {"Retry-After": "3"}}
    page = context.new_page()
    refused: list[int] = []

    def refuse(route: Any) -> None:
        if route.request.method == "POST" and not refused:
            refused.append(1)
            route.fulfill(**answer)
        else:
            route.continue_()

    page.route("**/api/sessions", refuse)
    page.goto(studio.served.address)
    page.wait_for_selector('html[data-phase="full"]')
    assert "This machine is full." in veil(page)
    assert "Trying again in" in veil(page)
    page.wait_for_selector('html[data-phase="live"]', timeout=20_000)


def test_a_microphone_that_is_not_there_is_explained(studio: Studio) -> None:
    page = studio.open()
    for error, words in BROKEN.items():
        page.evaluate(DEVICE_ERROR, error)
        page.click("#microphone")
        page.wait_for_selector(f'.notice[role="alert"] >> text={words}')
        assert page.get_attribute("#microphone", "aria-pressed") == "false"
    page.fill("#words", "Typing still works.")
    page.press("#words", "Enter")
    page.wait_for_selector('html[data-state="speaking"]')


def test_a_silent_microphone_is_noticed(studio: Studio) -> None:
    page = studio.open()
    page.evaluate(SILENT)
    page.click("#microphone")
    notice = page.wait_for_selector('.notice[data-code="microphone-silent"]', timeout=12_000)
    assert "Nothing is heard" in notice.inner_text()


def test_a_browser_without_webrtc_is_told(studio: Studio) -> None:
    page = studio.context().new_page()
    page.add_init_script("delete window.RTCPeerConnection")
    page.goto(studio.served.address)
    page.wait_for_selector('html[data-phase="unsupported"]')
    assert "cannot show a live face" in veil(page)


def test_a_token_is_asked_for_and_kept(studio: Studio) -> None:
    page = studio.context().new_page()
    seen: list[str | None] = []

    def guard(route: Any) -> None:
        seen.append(route.request.headers.get("authorization"))
        known = seen[-1] == "Bearer right"
        answer = route.fetch().json()
        answer |= {"token_needed": True} | ({} if known else {"scopes": []})
        route.fulfill(json=answer)

    page.route("**/api/settings", guard)
    page.goto(studio.served.address)
    words = page.get_by_label("Token", exact=True)
    words.fill("wrong")
    words.press("Enter")
    page.wait_for_selector("#token-refusal:not([hidden])")
    words.fill("right")
    words.press("Enter")
    page.wait_for_selector('html[data-phase="live"]', timeout=20_000)
    assert seen == [None, "Bearer wrong", "Bearer right"]


def test_nothing_of_the_page_comes_from_elsewhere(studio: Studio) -> None:
    context = studio.context()
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    page = context.new_page()
    answer = page.goto(studio.served.address)
    page.wait_for_selector('html[data-phase="live"]', timeout=20_000)
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    own = (studio.served.address, "blob:", "data:")
    assert [url for url in asked if not url.startswith(own)] == []
    stored = page.evaluate("JSON.stringify({...localStorage})")
    assert set(json.loads(json.loads(stored)["bonaface-studio"])) <= {"likeness", "sound"}
