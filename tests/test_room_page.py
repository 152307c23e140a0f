"""Rooms in a real browser: a face that the screen lights, a photograph that it does not, a host."""

import base64
from collections.abc import Callable
from typing import Any

import cv2
import pytest
from browser import Served, Studio, wait_until

from bonaface.core import Picture

pytestmark = pytest.mark.realtime
# A camera before which a portrait hangs. Where it is `lit`, the colour of the page falls on the
# middle of it, a seventh of a second later; what is behind the head stays as it is.
CAMERA = """([address, lit]) => {
  const canvas = Object.assign(document.createElement("canvas"), {width: 640, height: 480});
  const pen = canvas.getContext("2d");
  const portrait = Object.assign(new Image(), {src: address});
  const past = [];
  setInterval(() => {
    const dialog = document.querySelector("#challenge");
    const shown = dialog?.classList.contains("lit") ? dialog.style.getPropertyValue("--light") : "";
    past.push(shown);
    const now = past.length > 4 ? past.shift() : "";
    pen.globalCompositeOperation = "source-over";
    pen.drawImage(portrait, 0, 0, 640, 480);
    if (!lit || !now) return;
    pen.globalCompositeOperation = "soft-light";
    pen.fillStyle = now + "a0";
    pen.fillRect(190, 0, 260, 400);
  }, 35);
  const sound = new AudioContext().createMediaStreamDestination();
  navigator.mediaDevices.getUserMedia = async () => new MediaStream(
    [...canvas.captureStream(25).getTracks(), ...sound.stream.getTracks()]);
}"""


def enter(studio: Studio, address: str, photo: Picture, name: str, *, lit: bool) -> Any:
    """Somebody who followed the invitation, and waits."""
    tall, wide = photo.pixels.shape[:2]
    square = photo.pixels[: min(tall, wide), : min(tall, wide)]
    padded = cv2.copyMakeBorder(
        cv2.resize(square[..., ::-1], (400, 480)), 0, 0, 120, 120, cv2.BORDER_REPLICATE
    )
    data = base64.b64encode(cv2.imencode(".png", padded)[1].tobytes()).decode()
    page = studio.context().new_page()
    page.goto(address)
    page.evaluate(CAMERA, [f"data:image/png;base64,{data}", lit])
    wait_until(lambda: page.inner_text("#host").startswith("The desk"), 10)
    page.fill("#name", name)
    page.click("#enter .primary")
    wait_until(lambda: "looked at" in page.text_content("#live-words"), 20)
    return page


def test_a_screen_lights_a_face_but_no_photograph(
    launch: Callable[..., Any], served: Served, photo: Picture
) -> None:
    studio = Studio(served, launch())
    host = studio.context().new_page()
    host.goto(f"{served.address}room")
    host.fill("#name", "The desk")
    host.click("#open .primary")
    wait_until(lambda: "/call/" in (host.text_content("#invitation") or ""), 10)
    address = host.inner_text("#invitation")
    pages = {
        name: enter(studio, address, photo, name, lit=name == "Ada") for name in ("Ada", "Photo")
    }
    wait_until(lambda: host.locator(".caller").count() == 2, 10)
    for name, page in pages.items():
        host.click(f'button[aria-label="Ask for a live check: {name}"]')
        page.wait_for_selector("#asked[open]")
        page.uncheck("#speaks")
        page.uncheck("#moves")
        page.click("#agree .primary")

    def light(name: str) -> str:
        tile = host.locator(".caller", has=host.locator("h2", has_text=name))
        words = tile.locator(".reasons").text_content() or ""
        return (
            "no" if "does not follow" in words else "yes" if "follows the colours" in words else ""
        )

    wait_until(lambda: all(light(name) for name in pages), 45)
    assert {name: light(name) for name in pages} == {"Ada": "yes", "Photo": "no"}
    assert "follow" not in pages["Ada"].text_content("body"), "who is checked does not hear how"
    pages["Photo"].click("#challenge-stop")
    stopped = "Not checked: declined"
    wait_until(lambda: stopped in host.inner_text("#callers"), 5)
    pages["Ada"].close()
    wait_until(lambda: host.locator(".caller").count() == 1, 10)
    host.click("#close")
    wait_until(lambda: "ended" in (pages["Photo"].text_content("#over-words") or ""), 10)
    gone = studio.context().new_page()
    gone.goto(address)
    wait_until(lambda: "no room" in gone.inner_text("#refusal"), 10)
    studio.close()
    assert studio.wrongs == []
