"""Frames `<bytes>#<json>` on a connection. A length is checked before anything of its frame is kept."""
import asyncio
import json
import time
from typing import Any, Iterator, Optional


class FrameError(ValueError):
    """Bytes that are no frames: the connection cannot be understood any more."""


class FrameTooLarge(ValueError):
    """A message above the limit; nothing of it was sent."""


class FrameReader:
    """Splits a stream of bytes into the JSON texts of its frames."""

    def __init__(self, limit: int):
        self.limit = limit
        self.started = 0.0
        self._length = 0
        self._frame: Optional[bytearray] = None

    def feed(self, data: bytes) -> Iterator[bytes]:
        """@raises FrameError"""
        at = 0
        while at < len(data):
            if self._frame is None:
                at = self._read_length(data, at)
                continue
            part = data[at : at + self._length - len(self._frame)]
            self._frame += part
            at += len(part)
            if len(self._frame) == self._length:
                frame, self._frame, self._length = bytes(self._frame), None, 0
                yield frame

    def is_stuck_since(self, moment: float) -> bool:
        """Whether a frame began before `moment` (`time.monotonic()`) and is not complete."""
        return self._frame is not None and self.started < moment

    def _read_length(self, data: bytes, at: int) -> int:
        for at in range(at, len(data)):
            digit = data[at] - 0x30
            if data[at] == 0x23:
                if self._length == 0:
                    raise FrameError("an empty frame")
                self._frame, self.started = bytearray(), time.monotonic()
                return at + 1
            if not 0 <= digit <= 9:
                raise FrameError("a malformed frame")
            self._length = self._length * 10 + digit
            if self._length > self.limit:
                raise FrameError(f"a frame above the limit of {self.limit} bytes")
        return at + 1


def not_json(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def parse(text: bytes) -> dict:
    """@raises FrameError"""
    try:
        message = json.loads(text.decode("utf-8"), parse_constant=not_json)
    except (ValueError, RecursionError) as error:
        raise FrameError(f"no JSON: {error}") from error
    if not isinstance(message, dict):
        raise FrameError("a malformed frame")
    return message


def encode(message: Any) -> bytes:
    """Returns JSON in UTF-8. Halves of surrogate pairs, which UTF-8 does not have, are escaped."""
    try:
        return json.dumps(message, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode("utf-8")
    except UnicodeEncodeError:
        return json.dumps(message, separators=(",", ":"), allow_nan=False).encode("ascii")


class FrameProtocol(asyncio.Protocol):
    """One connection that carries frames."""

    def __init__(self, limit: int):
        self.reader = FrameReader(limit)
        self.bytes_read = 0
        self._outgoing: list = []

    def connection_made(self, transport: Any) -> None:
        self.transport: asyncio.Transport = transport

    def send(self, message: dict, limit: Optional[int] = None) -> None:
        """Sends a message; those of one turn of the event loop leave in one write. @raises FrameTooLarge"""
        text = encode(message)
        if limit is not None and len(text) > limit:
            raise FrameTooLarge(f"a message of {len(text)} bytes; the limit is {limit}")
        if not self._outgoing:
            asyncio.get_running_loop().call_soon(self.flush)
        self._outgoing.append(b"%d#" % len(text))
        self._outgoing.append(text)

    def flush(self) -> None:
        outgoing, self._outgoing = self._outgoing, []
        if outgoing and not self.transport.is_closing():
            self.transport.write(b"".join(outgoing))

    def end(self) -> None:
        """Closes once everything is written."""
        self.flush()
        self.transport.close()

    def data_received(self, data: bytes) -> None:
        self.bytes_read += len(data)
        try:
            for text in self.reader.feed(data):
                if self.transport.is_closing():
                    return
                self.received(parse(text))
        except (ValueError, RecursionError) as error:
            self.transport.abort()
            self.broken(str(error))

    def received(self, message: dict) -> None:
        raise NotImplementedError

    def broken(self, reason: str) -> None:
        """The peer broke the framing."""
