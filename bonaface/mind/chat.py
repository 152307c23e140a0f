"""A mind behind an address: any chat endpoint that speaks OpenAI's protocol, streamed.

The protocol: POST {address}/chat/completions with "stream": true; the answer is a stream of
server-sent events (HTML standard, section 9.2), each a JSON chunk, then [DONE].
"""

import json
import os
import time
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from bonaface.config import settings
from bonaface.errors import MindUnreachable, SettingsError
from bonaface.mind.sentences import split_sentences

CHARACTER: Final = (
    "You are a friendly person in a live spoken conversation. Answer in one to three short "
    "sentences of plain speech: no lists, no markup, no emoji."
)
RULES: Final = (
    "You are an artificial intelligence and your face and voice are made by a computer. If anyone "
    "asks whether you are real, human or an AI, say so plainly, whatever part you play. Words in "
    "[brackets] tell what happened and were not said by anyone."
)
CUT_OFF: Final = "[The listener interrupted here.]"
NOTHING: Final = "[The listener has been silent for a while.]"
BEGIN: Final = "[The conversation begins. Greet the listener in one sentence.]"
REMEMBERED: Final = 40  # messages
LONGEST: Final = 8_000  # characters of one answer; what follows is not wanted
LONGEST_LINE: Final = 1 << 20  # characters of one event
TRIES, WAIT = 3, 0.5  # before the first word; s, doubled each time
BUSY: Final = frozenset({408, 425, 429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where the model is. The key is never shown, logged or put into an error."""

    address: str  # up to and with /v1
    model: str
    key: str = field(default="", repr=False)
    silence: float = 20.0  # s without a byte, after which it is given up
    connecting: float = 5.0  # s
    longest: float = 60.0  # s that one answer may take


def read_endpoint(environment: Mapping[str, str] | None = None) -> Endpoint:
    """The endpoint of BONAFACE_CHAT_URL, BONAFACE_CHAT_MODEL and BONAFACE_CHAT_KEY.

    Raises SettingsError when there is none, or when it is elsewhere and BONAFACE_OFFLINE is set.
    """
    given = os.environ if environment is None else environment
    address = urlsplit(given.get("BONAFACE_CHAT_URL", ""))
    if address.scheme not in {"http", "https"} or not address.hostname:
        remedy = "Set BONAFACE_CHAT_URL, such as http://127.0.0.1:8080/v1."
        raise SettingsError("There is no chat endpoint.", remedy)
    if settings().offline and address.hostname not in {"127.0.0.1", "localhost", "::1"}:
        remedy = "Unset it, or use an endpoint on this machine."
        raise SettingsError(
            f"BONAFACE_OFFLINE is set, and {address.hostname} is elsewhere.", remedy
        )
    model = given.get("BONAFACE_CHAT_MODEL", "default")
    return Endpoint(address.geturl().rstrip("/"), model, given.get("BONAFACE_CHAT_KEY", ""))


class Chat:
    """Mind that asks a language model. Its history holds only what was really heard.

    `push` and `greet` connect when they are first read, and hang up when they are closed. They
    raise MindUnreachable: nothing came, it refused, or it broke off in the middle (then what
    came before has been given). Busy answers are tried three times, but only before the first
    word.
    """

    patience: float | None = None
    ended = False

    def __init__(self, endpoint: Endpoint, character: str = CHARACTER) -> None:
        self._endpoint = endpoint
        self._system = f"{character}\n{RULES}"
        self._client = httpx.Client(
            headers={"Authorization": f"Bearer {endpoint.key}"} if endpoint.key else {},
            timeout=httpx.Timeout(endpoint.silence, connect=endpoint.connecting),
        )
        self.reset()

    def reset(self) -> None:
        """Forget the conversation."""
        self._history: list[dict[str, str]] = []

    def close(self) -> None:
        """Close its connections."""
        self._client.close()

    @property
    def history(self) -> tuple[tuple[str, str], ...]:
        """Who said what: ("user" or "assistant", words)."""
        return tuple((message["role"], message["content"]) for message in self._history)

    def greet(self) -> Iterator[str]:
        """Let the model begin."""
        return self.push(BEGIN)

    def push(self, heard: str) -> Iterator[str]:
        """The model's answer, each sentence as soon as it is whole."""
        self._history.append({"role": "user", "content": heard.strip() or NOTHING})
        self._history = self._history[-REMEMBERED:]
        return self._think()

    def told(self, heard: str) -> None:
        """Only these words of the last answer were heard."""
        if self._history and self._history[-1]["role"] == "assistant":
            self._history[-1]["content"] = f"{heard.strip()} {CUT_OFF}".strip()

    def _think(self) -> Iterator[str]:
        asked = {
            "model": self._endpoint.model,
            "stream": True,
            "messages": [{"role": "system", "content": self._system}, *self._history],
        }
        answer = {"role": "assistant", "content": ""}
        self._history.append(answer)
        pieces = self._ask(asked)
        try:
            for sentence in split_sentences(pieces):
                answer["content"] = f"{answer['content']} {sentence}".strip()
                yield sentence
        finally:
            pieces.close()
            if not answer["content"] and answer in self._history:
                self._history.remove(answer)

    def _ask(self, asked: dict[str, Any]) -> Generator[str, None, None]:
        """The pieces of the answer; tries again while nothing came."""
        for left in reversed(range(TRIES)):
            came = False
            try:
                for piece in self._stream(asked):
                    came = True
                    yield piece
            except _Busy as busy:
                if came or not left:
                    raise busy.error from busy.__cause__
                time.sleep(min(busy.wait or WAIT * 2 ** (TRIES - 1 - left), 5.0))
            else:
                return

    def _stream(self, asked: dict[str, Any]) -> Iterator[str]:
        address = f"{self._endpoint.address}/chat/completions"
        try:
            with self._client.stream("POST", address, json=asked) as answer:
                self._check(answer)
                yield from self._read(answer)
        except httpx.TimeoutException as cause:
            seconds = self._endpoint.silence
            raise _Busy(self._error(f"was silent for {seconds:g} s")) from cause
        except httpx.TransportError as cause:
            raise _Busy(self._error(f"broke off ({type(cause).__name__})")) from cause
        except httpx.InvalidURL as cause:
            raise self._error("has no valid address") from cause

    def _check(self, answer: httpx.Response) -> None:
        status = answer.status_code
        if status == 200:
            return
        if status in BUSY:
            wait = answer.headers.get("Retry-After", "")
            error = self._error(f"is busy or broken (HTTP {status})")
            raise _Busy(error, float(wait) if wait.isdigit() else 0.0)
        if status in {401, 403}:
            raise self._error(f"refused the key (HTTP {status})", "Check BONAFACE_CHAT_KEY.")
        if status == 404:
            remedy = "Check BONAFACE_CHAT_URL (it ends in /v1) and BONAFACE_CHAT_MODEL."
            raise self._error("knows no such address or model (HTTP 404)", remedy)
        raise self._error(f"refused the request (HTTP {status})")

    def _read(self, answer: httpx.Response) -> Iterator[str]:
        """The words of the events."""
        length, whole = 0, False
        latest = time.monotonic() + self._endpoint.longest
        for line in _lines(answer):
            if time.monotonic() > latest:
                raise self._error(f"did not end its answer in {self._endpoint.longest:g} s")
            if not line.startswith("data:"):
                continue
            data = line[5:].strip()
            if data == "[DONE]":
                return
            piece, over = self._piece(data)
            whole = whole or over
            length += len(piece)
            if piece:
                yield piece
            if length > LONGEST:
                return
        if not whole:
            raise _Busy(self._error("broke off before the end of its answer"))

    def _piece(self, data: str) -> tuple[str, bool]:
        """The text of one chunk, and whether it is the last."""
        try:
            chunk = json.loads(data)
            if "error" in chunk:
                raise self._error("reported an error in its answer")
            choices = chunk.get("choices") or [{}]
            piece = (choices[0].get("delta") or {}).get("content") or ""
            over = choices[0].get("finish_reason") is not None
        except (ValueError, TypeError, AttributeError, KeyError, RecursionError) as cause:
            raise self._error("answered something that is no chat") from cause
        return (piece if isinstance(piece, str) else ""), over

    def _error(self, what: str, remedy: str = "") -> MindUnreachable:
        host = urlsplit(self._endpoint.address).netloc.rpartition("@")[2]
        remedy = remedy or "Look whether it runs, or try again in a minute."
        return MindUnreachable(f"The chat endpoint at {host} {what}.", remedy)


class _Busy(Exception):
    """It may work the next time."""

    def __init__(self, error: MindUnreachable, wait: float = 0.0) -> None:
        super().__init__(str(error))
        self.error, self.wait = error, wait


def _lines(answer: httpx.Response) -> Iterator[str]:
    """Lines of bounded length."""
    held = ""
    for text in answer.iter_text():
        held += text
        *lines, held = held.split("\n")
        yield from lines
        if len(held) > LONGEST_LINE:
            return
    if held:
        yield held
