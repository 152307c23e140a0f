"""The client side of RTMP 1.0: one connection on which one stream is published.

Ours, and not the media library's: that one holds the interpreter while it waits for a server,
checks no certificate, and looks names up by itself.
"""

import secrets
import select
import socket
import ssl
import struct
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Final

from bonaface.errors import UnreadableMedia
from bonaface.media.broadcast.amf import Value, read_values, write_values
from bonaface.media.broadcast.chunks import (
    COMMAND,
    DATA,
    SENT,
    SET_CHUNK_SIZE,
    USER_CONTROL,
    ChunkReader,
    Message,
    write_message,
)
from bonaface.media.broadcast.target import Target

VERSION = 3
ECHO = 1536  # bytes of the second part of a handshake
PING, PONG = 6, 7  # user control events
CHANNELS: Final = {SET_CHUNK_SIZE: 2, USER_CONTROL: 2, COMMAND: 3}
MEDIA = 4  # the channel of sound, pictures and what is said of them
READ = 65_536
TAG, TAG_END = 11, 4  # bytes around what an FLV tag holds
FLV_HEAD = 13


class RtmpLink:
    """Connects and publishes at once; then it is a file that takes FLV, and pushes its tags.

    Raises OSError when the connection breaks or stands still for `patience` seconds, and
    UnreadableMedia when the server refuses, or speaks another language.
    """

    def __init__(self, target: Target, patience: float) -> None:
        self._patience = patience
        self._reader = ChunkReader()
        self._answers: list[list[Value]] = []
        self._flv = b""
        self._headed = False
        self._stream = 0
        self._socket = self._dial(target)
        with ExitStack() as undo:
            undo.callback(self._socket.close)
            self._shake_hands()
            self._publish(target)
            undo.pop_all()

    def write(self, data: bytes) -> int:
        """Take FLV as it is written, and push what is whole."""
        self._flv += data
        if not self._headed and len(self._flv) >= FLV_HEAD:
            self._headed, self._flv = True, self._flv[FLV_HEAD:]
        while self._headed and len(self._flv) >= TAG:
            length = int.from_bytes(self._flv[1:4], "big")
            if len(self._flv) < TAG + length + TAG_END:
                break
            self._push(self._flv[: TAG + length])
            self._flv = self._flv[TAG + length + TAG_END :]
        return len(data)

    def close(self) -> None:
        """Say that it is over, as far as that can still be said."""
        try:
            self._command("deleteStream", 7.0, None, float(self._stream))
            self._socket.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        finally:
            self._socket.close()

    def _dial(self, target: Target) -> socket.socket:
        plain = target.connect(self._patience)
        if not target.secret:
            return plain
        with ExitStack() as undo:
            undo.callback(plain.close)
            secured = ssl.create_default_context().wrap_socket(plain, server_hostname=target.host)
            undo.pop_all()
        return secured

    def _shake_hands(self) -> None:
        """Section 5.2: version and noise each way, and the noise echoed."""
        self._socket.sendall(bytes([VERSION]) + bytes(8) + secrets.token_bytes(ECHO - 8))
        answer = b""
        until = time.monotonic() + self._patience
        while len(answer) < 1 + ECHO:
            answer += self._receive(until)
        if answer[0] != VERSION:
            raise UnreadableMedia("This is no RTMP server.")
        self._socket.sendall(answer[1 : 1 + ECHO])
        while len(answer) < 1 + 2 * ECHO:
            answer += self._receive(until)
        self._take(answer[1 + 2 * ECHO :])

    def _publish(self, target: Target) -> None:
        """Section 7.2: connect to the application, make a stream, publish it."""
        self._send(Message(SET_CHUNK_SIZE, struct.pack(">I", SENT)))
        about: dict[str, Value] = {
            "app": target.app,
            "type": "nonprivate",
            "flashVer": "FMLE/3.0 (compatible; Bonaface)",
            "tcUrl": target.place,
        }
        self._command("connect", 1.0, about)
        self._await(lambda answer: answer[:2] == ["_result", 1.0])
        self._command("releaseStream", 2.0, None, target.key)
        self._command("FCPublish", 3.0, None, target.key)
        self._command("createStream", 4.0, None)
        made = self._await(lambda answer: answer[:2] == ["_result", 4.0])
        self._stream = int(made[3]) if len(made) > 3 and isinstance(made[3], float) else 1
        self._command("publish", 5.0, None, target.key, "live")
        self._await(lambda answer: answer[0] == "onStatus")

    def _await(self, wanted: Callable[[list[Value]], bool]) -> list[Value]:
        """Wait for an answer. Raises UnreadableMedia when it is a refusal."""
        until = time.monotonic() + self._patience
        while True:
            while self._answers:
                answer = self._answers.pop(0)
                if _refuses(answer):
                    raise UnreadableMedia("The server refused the stream: is the key right?")
                if wanted(answer):
                    return answer
            self._take(self._receive(until))

    def _receive(self, until: float) -> bytes:
        self._socket.settimeout(max(0.001, until - time.monotonic()))
        data = self._socket.recv(READ)
        self._socket.settimeout(self._patience)
        if not data:
            raise ConnectionResetError("The server hung up.")
        return data

    def _take(self, data: bytes) -> None:
        for message in self._reader.push(data):
            if message.kind == COMMAND:
                values = read_values(message.data)
                self._answers += [values] if values else []
            elif message.kind == USER_CONTROL and message.data[:2] == struct.pack(">H", PING):
                pong = struct.pack(">H", PONG) + message.data[2:6]
                self._send(Message(USER_CONTROL, pong))

    def _listen(self) -> None:
        """Read what came meanwhile. Raises when the server ended the stream."""
        waiting = getattr(self._socket, "pending", lambda: 0)()
        if waiting or select.select([self._socket], [], [], 0)[0]:
            self._take(self._receive(time.monotonic() + self._patience))
        if any(map(_refuses, self._answers)):
            raise ConnectionResetError("The server ended the stream.")
        self._answers.clear()

    def _push(self, tag: bytes) -> None:
        """Push what an FLV tag holds: RTMP carries the same."""
        self._listen()
        at = int.from_bytes(tag[7:8] + tag[4:7], "big")
        body = tag[TAG:]
        if tag[0] == DATA:
            body = write_values("@setDataFrame") + body
        self._send(Message(tag[0], body, self._stream, at))

    def _command(self, name: str, number: float, *values: Value) -> None:
        stream = self._stream if name == "publish" else 0
        self._send(Message(COMMAND, write_values(name, number, *values), stream))

    def _send(self, message: Message) -> None:
        channel = CHANNELS.get(message.kind, MEDIA)
        self._socket.sendall(write_message(message, channel))


def _refuses(answer: list[Value]) -> bool:
    """Whether it is an error, of the call or of the stream."""
    levels = [one.get("level") for one in answer if isinstance(one, dict)]
    return answer[0] == "_error" or "error" in levels
