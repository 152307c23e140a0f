"""A chat endpoint, well and badly behaved: a real server on this machine, and real streams."""

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from bonaface import config
from bonaface.errors import MindUnreachable, SettingsError
from bonaface.mind import chat as rooms
from bonaface.mind.chat import CUT_OFF, NOTHING, RULES, Chat, Endpoint, read_endpoint
from bonaface.mind.mind import Mind  # noqa: TC001

KEY = "secret-key-42"
Play = Callable[["Model"], None]


class Model(BaseHTTPRequestHandler):
    """A language model, as far as anybody can tell."""

    plays: list[Play]  # what it does, request by request; the last one again and again
    asked: list[dict[str, Any]]
    keys: list[str]
    gone: threading.Event
    address: str

    def log_message(self, *_: Any) -> None:
        pass

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        self.asked.append(json.loads(self.rfile.read(length)))
        self.keys.append(self.headers.get("Authorization", ""))
        play = self.plays[0] if len(self.plays) == 1 else self.plays.pop(0)
        try:
            play(self)
        except (BrokenPipeError, ConnectionResetError):
            self.gone.set()

    def begin(self, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def send(self, data: str) -> None:
        self.wfile.write(data.encode())
        self.wfile.flush()

    def word(self, text: str | None, finish: str | None = None) -> None:
        choice = {"delta": {"content": text}, "finish_reason": finish}
        self.send(f"data: {json.dumps({'choices': [choice]})}\n\n")


def speak(*pieces: str, wait: float = 0.0) -> Play:
    def play(model: Model) -> None:
        model.begin()
        model.send(": keep alive\n\n")
        model.word(None)
        for piece in pieces:
            model.word(piece)
            time.sleep(wait)
        model.send("data: [DONE]\n\n")

    return play


def status(code: int, **headers: str) -> Play:
    return lambda model: model.begin(code, **headers)


def raw(text: str) -> Play:
    def play(model: Model) -> None:
        model.begin()
        model.send(text)

    return play


@pytest.fixture
def model() -> Iterator[type[Model]]:
    class OneModel(Model):
        plays, asked, keys, gone = [], [], [], threading.Event()

    kind = OneModel
    server = ThreadingHTTPServer(("127.0.0.1", 0), kind)
    server.daemon_threads = True
    kind.address = f"http://127.0.0.1:{server.server_port}/v1"
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield kind
    server.shutdown()
    server.server_close()


@pytest.fixture
def chat(model: type[Model], monkeypatch: pytest.MonkeyPatch) -> Iterator[Chat]:
    monkeypatch.setattr(rooms, "WAIT", 0.01)
    made = Chat(Endpoint(model.address, "tiny", KEY, silence=0.4, longest=2.0))
    yield made
    made.close()


def test_a_chat_is_a_mind(chat: Chat) -> None:
    mind: Mind = chat
    assert mind.patience is None
    assert not mind.ended


def test_sentences_are_given_while_the_rest_streams(model: type[Model], chat: Chat) -> None:
    model.plays = [speak("Hel", "lo. ", "How are ", "you? ", "I'm", " fine.", wait=0.05)]
    begin = time.monotonic()
    came = [(sentence, time.monotonic() - begin) for sentence in chat.push("Hi")]
    assert [sentence for sentence, _ in came] == ["Hello.", "How are you?", "I'm fine."]
    assert came[0][1] < 0.6 * came[-1][1]
    asked = model.asked[0]
    assert asked["stream"] is True
    assert asked["model"] == "tiny"
    assert asked["messages"][0]["role"] == "system"
    assert RULES in asked["messages"][0]["content"]
    assert asked["messages"][1:] == [{"role": "user", "content": "Hi"}]
    assert model.keys == [f"Bearer {KEY}"]


def test_the_history_holds_only_what_was_heard(model: type[Model], chat: Chat) -> None:
    model.plays = [speak("One two three. ", "Four five six. ", "Seven.")]
    thoughts = chat.push("Count")
    assert next(thoughts) == "One two three."
    thoughts.close()  # type: ignore[attr-defined]
    assert chat.history[-1] == ("assistant", "One two three.")
    chat.told("One two")
    list(chat.push(""))
    said = [(message["role"], message["content"]) for message in model.asked[1]["messages"][1:]]
    assert said == [("user", "Count"), ("assistant", f"One two {CUT_OFF}"), ("user", NOTHING)]
    chat.reset()
    assert chat.history == ()


def test_an_interruption_hangs_up(model: type[Model], chat: Chat) -> None:
    model.plays = [speak(*["word. "] * 1000, wait=0.01)]
    thoughts = chat.push("Talk")
    next(thoughts)
    thoughts.close()  # type: ignore[attr-defined]
    assert model.gone.wait(5), "the model went on talking to nobody"


def test_it_may_speak_first(model: type[Model], chat: Chat) -> None:
    model.plays = [speak("Welcome!")]
    assert list(chat.greet()) == ["Welcome!"]


def test_a_busy_model_is_asked_again(model: type[Model], chat: Chat) -> None:
    model.plays = [status(429), status(503), speak("Here I am.")]
    assert list(chat.push("Hi")) == ["Here I am."]
    assert len(model.asked) == 3


@pytest.mark.parametrize(
    ("play", "tries", "message"),
    [
        (status(401), 1, "refused the key"),
        (status(404), 1, "knows no such address or model"),
        (status(400), 1, "refused the request"),
        (status(429), 3, r"busy or broken \(HTTP 429\)"),
        (raw("data: <html>\n\n"), 1, "no chat"),
        (raw("data: [1, 2]\n\n"), 1, "no chat"),
        (raw('data: {"choices": "x"}\n\n'), 1, "no chat"),
        (raw('data: {"error": {"message": "no"}}\n\n'), 1, "reported an error"),
        (raw("<html>nothing here</html>"), 3, "broke off"),
        (raw("\x00\xff" * 1000), 3, "broke off"),
        (raw("data: " + "[" * 100_000 + "\n\n"), 1, "no chat"),
        (lambda _: time.sleep(1.0), 3, "silent for 0.4 s"),
    ],
)
def test_a_bad_answer_is_told_clearly(
    model: type[Model], chat: Chat, play: Play, tries: int, message: str
) -> None:
    model.plays = [play]
    with pytest.raises(MindUnreachable, match=message) as caught:
        list(chat.push("Hi"))
    assert len(model.asked) == tries
    assert KEY not in str(caught.value)
    assert chat.history == (("user", "Hi"),)


def test_what_came_before_a_break_is_kept_and_not_asked_again(
    model: type[Model], chat: Chat
) -> None:
    def cut(model: Model) -> None:
        model.begin()
        model.word("So far. And th")

    model.plays = [cut]
    with pytest.raises(MindUnreachable, match="broke off"):
        list(chat.push("Hi"))
    came = [words for role, words in chat.history if role == "assistant"]
    assert came == ["So far."]
    assert len(model.asked) == 1


def test_an_endless_answer_ends(model: type[Model], chat: Chat) -> None:
    model.plays = [speak(*["word " * 100] * 1000)]
    assert sum(len(sentence) for sentence in chat.push("Hi")) < 10_000


def test_a_trickle_ends(model: type[Model], chat: Chat) -> None:
    def trickle(model: Model) -> None:
        model.begin()
        for _ in range(100):
            model.send(": wait\n")
            time.sleep(0.05)

    model.plays = [trickle]
    with pytest.raises(MindUnreachable, match="did not end its answer in 2 s"):
        list(chat.push("Hi"))


def test_nobody_there() -> None:
    nobody = Chat(Endpoint("http://127.0.0.1:9/v1", "tiny", KEY))
    with pytest.raises(MindUnreachable, match=r"127\.0\.0\.1:9 broke off"):
        list(nobody.push("Hi"))
    nobody.close()


def test_the_key_is_never_shown(
    model: type[Model], chat: Chat, caplog: pytest.LogCaptureFixture
) -> None:
    model.plays = [speak("Hello.")]
    with caplog.at_level(logging.DEBUG):
        list(chat.push("Hi"))
    assert caplog.records, "the client does log"
    assert KEY not in caplog.text
    assert KEY not in repr(Endpoint("http://x/v1", "m", KEY))


def test_the_endpoint_is_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError, match="BONAFACE_CHAT_URL"):
        read_endpoint({})
    given = {"BONAFACE_CHAT_URL": "http://127.0.0.1:8080/v1/", "BONAFACE_CHAT_KEY": KEY}
    assert read_endpoint(given) == Endpoint("http://127.0.0.1:8080/v1", "default", KEY)
    monkeypatch.setenv("BONAFACE_CHAT_URL", "https://models.example/v1")
    assert read_endpoint().address == "https://models.example/v1"
    monkeypatch.setenv("BONAFACE_OFFLINE", "1")
    config.settings.cache_clear()
    try:
        assert read_endpoint(given).key == KEY
        with pytest.raises(SettingsError, match=r"models\.example is elsewhere"):
            read_endpoint()
    finally:
        config.settings.cache_clear()
