"""The page that checks files, in a real browser: what a person does, and what they are told."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import bonaface.server
from bonaface.server.headers import CSP
from bonaface.server.routes.checks import REPORT
from bonaface.server.routes.page import TYPES

pytestmark = pytest.mark.realtime
PAGE = Path(bonaface.server.__file__).parent / "page"
HOME = "http://localhost"
FOUND = "<!doctype html><title>r</title><h1>Found</h1><div style='height:1500px'>"


@pytest.fixture
def page(launch: Callable[..., Any]) -> Iterator[Any]:
    """The page, with a server that answers as the real one does."""
    context = launch().new_context()
    context.route("**/*", answer)
    opened = context.new_page()
    opened.wrongs = []
    opened.on("pageerror", lambda error: opened.wrongs.append(str(error)))
    opened.goto(f"{HOME}/check")
    yield opened
    assert not opened.wrongs
    context.close()


def view(state: str, **more: Any) -> dict[str, Any]:
    report = "/api/checks/abc/report?key=k" if state == "done" else None
    said = {"id": "abc", "state": state, "share": 0.5, "report": report, "result": None}
    return said | {"problem": None} | more


def answer(route: Any) -> None:
    path = route.request.url.removeprefix(HOME).split("?")[0]
    if path == "/check":
        headers = {"Content-Security-Policy": f"{CSP}; frame-src 'self'"}
        body = (PAGE / "check.html").read_text()
        route.fulfill(body=body, content_type=TYPES[".html"], headers=headers)
    elif path.startswith("/page/"):
        file = PAGE / path.removeprefix("/page/")
        route.fulfill(path=file, content_type=TYPES[file.suffix])
    elif path == "/api/settings":
        route.fulfill(json={"token_needed": False, "scopes": ["check"]})
    elif path == "/api/references":
        route.fulfill(status=201, json={"id": f"kept-{route.request.post_data}"})
    elif path == "/api/checks":
        broken = "broken" in route.request.url
        problem = {"error": "Cannot read it.", "remedy": "Send another.", "reason": "unreadable"}
        said = view("failed", problem=problem) if broken else view("running")
        route.fulfill(status=202, json=said)
    elif path == "/api/checks/abc":
        route.fulfill(json=view("done"))
    elif path == "/api/checks/abc/report":
        route.fulfill(body=FOUND, content_type=TYPES[".html"], headers=REPORT)
    else:
        route.fulfill(status=404, json={"error": "There is nothing here."})


def choose(page: Any, name: str, body: bytes = b"x") -> None:
    page.set_input_files("#file", {"name": name, "mimeType": "image/png", "buffer": body})


def test_a_file_is_sent_and_its_report_is_shown_whole(page: Any) -> None:
    assert page.get_by_label("Choose a file").is_enabled()
    choose(page, "holiday.png")
    page.wait_for_selector("#report", state="visible")
    frame = page.frame_locator("#report")
    assert frame.locator("h1").inner_text() == "Found"
    page.wait_for_function("document.querySelector('#report').offsetHeight > 1500")
    assert page.title() == "Report on holiday.png · Bonaface"
    assert page.get_attribute("#save", "download") == "holiday-report.html"
    page.click("#another")
    assert page.evaluate("document.activeElement.id") == "file"


def test_what_cannot_be_checked_is_said_and_focused(page: Any) -> None:
    choose(page, "broken.png")
    page.wait_for_selector("#trouble-words", state="visible")
    assert page.inner_text("#trouble-words") == "Cannot read it. Send another."
    assert page.evaluate("document.activeElement.id") == "trouble-title"
    page.click("#again")
    choose(page, "empty.png", b"")
    assert page.inner_text("#trouble-words") == "This file is empty. Choose another."


def test_a_file_is_compared_with_who_was_chosen_until_left_out(page: Any) -> None:
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url) if one.method == "POST" else None)
    sheet = {"name": "ada.reference", "mimeType": "", "buffer": b"ada"}
    page.set_input_files("#known", sheet)
    assert page.inner_text("#known-words") == "It is compared with ada.reference."
    assert page.evaluate("document.activeElement.id") == "known-drop"
    choose(page, "call.png")
    page.wait_for_selector("#report", state="visible")
    assert asked[-1].endswith("/api/checks?name=call.png&reference=kept-ada")
    page.click("#another")
    page.click("#known-drop")
    choose(page, "call.png")
    page.wait_for_selector("#report", state="visible")
    assert asked[-1].endswith("/api/checks?name=call.png&reference=")


def test_a_picture_is_pasted(page: Any) -> None:
    page.evaluate("""() => {
      const data = new DataTransfer();
      data.items.add(new File(["x"], "pasted.png", {type: "image/png"}));
      dispatchEvent(new ClipboardEvent("paste", {clipboardData: data}));
    }""")
    page.wait_for_selector("#report", state="visible")
