"""The seal beside the face, in a real browser: of relays that forward, lose and change."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import Served, Studio, wait_until
from coded import keep_coded
from peers import stay_on_loopback
from receipt_relay import Relay

pytestmark = [pytest.mark.realtime, pytest.mark.filterwarnings("default::ResourceWarning")]


@pytest.fixture
def relay(served: Served, monkeypatch: pytest.MonkeyPatch) -> Iterator[Relay]:
    stay_on_loopback(monkeypatch)
    keep_coded(monkeypatch)
    relay = Relay(served.address)
    yield relay
    relay.close()


def colour(page: Any) -> str:
    return str(page.get_attribute("#seal", "data-colour"))


def counts(page: Any) -> list[list[int]]:
    """As sent, lost and strange: of pictures, then of sound."""
    cells = page.evaluate(
        """[...document.querySelectorAll("#seal-counts tr + tr td")]
            .map((cell) => Number(cell.textContent))"""
    )
    return [cells[:3], cells[3:]]


def open_behind(relay: Relay, studio: Studio) -> Any:
    """A page whose pictures and sound come through a relay; its seal is green."""
    page = studio.context().new_page()

    def stand_between(route: Any) -> None:
        path = "/" + route.request.url.split("/", 3)[3]
        if route.request.method != "POST":
            route.continue_()
            return
        sdp, headers = relay.answer(path, route.request.post_data)
        route.fulfill(status=201, headers=headers, body=sdp)

    page.route("**/api/sessions/*/peer", stand_between)
    page.goto(studio.served.address)
    page.wait_for_selector('html[data-phase="live"][data-shown]', timeout=45_000)
    wait_until(lambda: colour(page) == "green", 20)
    return page


@pytest.mark.parametrize("mode", ["replay", "swap"])
def test_through_a_relay_that_shows_what_was_and_is_to_be(
    studio: Studio, relay: Relay, mode: Any
) -> None:
    page = open_behind(relay, studio)
    relay.mode = mode
    wait_until(lambda: colour(page) == "red", 30)
    page.click("#seal")
    wait_until(lambda: counts(page)[0][2] > 0, 10)
    assert counts(page)[1][2] == 0, "the sound is as it was sent"


def test_through_a_relay_that_changes_its_ways(studio: Studio, relay: Relay) -> None:
    page = open_behind(relay, studio)
    page.fill("#words", "Good morning, everybody, and welcome to this relay.")
    page.press("#words", "Enter")
    page.click("#seal")
    assert "frame by frame" in page.inner_text("#seal-sentence")
    wait_until(lambda: min(row[0] for row in counts(page)) > 20, 20)
    relay.mode = "drop"
    wait_until(lambda: max(row[1] for row in counts(page)) > 0, 40)
    assert colour(page) == "green", "lost on the way is not changed on the way"
    assert [row[2] for row in counts(page)] == [0, 0]
    relay.mode = "recode"
    wait_until(lambda: colour(page) == "red", 30)
    assert page.inner_text("#seal-title") == "Altered on the way"
    pictures, sound = counts(page)
    assert pictures[2] > 0
    assert sound[2] == 0
    assert "Altered on the way" in page.inner_text("#seal-words")


def test_a_browser_that_hides_its_frames_compares_looks(studio: Studio) -> None:
    context = studio.context()
    context.add_init_script("delete window.RTCRtpScriptTransform")
    page = context.new_page()
    page.goto(studio.served.address)
    page.wait_for_selector('html[data-phase="live"][data-shown]', timeout=45_000)
    wait_until(lambda: colour(page) == "green", 20)
    assert "looks like" in page.inner_text("#seal-words")
    page.evaluate("document.querySelector('#face').srcObject = null")
    page.evaluate(
        """() => { const canvas = document.createElement("canvas");
        const pen = canvas.getContext("2d");
        const paint = () => { pen.fillRect(0, 0, canvas.width, canvas.height / 3);
          requestAnimationFrame(paint); };
        paint();
        document.querySelector("#face").srcObject = canvas.captureStream(25); }"""
    )
    wait_until(lambda: colour(page) == "red", 10)
    assert "does not look like" in page.inner_text("#seal-words")


def test_the_seal_is_told_and_reached(studio: Studio, tmp_path: Path) -> None:
    page = studio.open()
    wait_until(lambda: colour(page) == "green", 20)
    seal = page.get_by_role("button", name="Seal: Unaltered")
    seal.focus()
    page.keyboard.press("Enter")
    assert page.get_by_role("dialog", name="Unaltered").is_visible()
    headings = page.get_by_role("columnheader").all_inner_texts()
    assert headings == ["As sent", "Lost", "Strange"]
    (one,) = studio.ask("GET", "/api/sessions")["sessions"]
    signed = studio.ask("GET", f"/api/sessions/{one['id']}/receipts")
    shown = page.inner_text("#seal-who").replace(" ", "")
    assert signed["root"][:32] in shown
    page.screenshot(path=tmp_path / "seal.png")
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.id") == "seal"
    studio.ask("DELETE", f"/api/sessions/{one['id']}")
    wait_until(lambda: colour(page) == "grey", 10)
