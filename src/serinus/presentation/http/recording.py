"""What an arm answers, kept as far as it is compared."""

from serinus.domain.release.comparison import CONTRACT_HEADERS, Answer
from serinus.presentation.http.asgi import Message, Send


class Recording:
    """A `send` that passes everything on and keeps a copy, unless that gets too long. `send`:
    None where nobody waits for the answer; `most`: bytes of the body that are kept.
    """

    __slots__ = ("_chunks", "_most", "_send", "_start", "ended", "size")

    def __init__(self, send: Send | None, most: int) -> None:
        self._send, self._most = send, most
        self._start: Message | None = None
        self._chunks: list[bytes] = []
        self.size = 0
        self.ended = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
        else:
            chunk = message.get("body", b"")
            self.size += len(chunk)
            if self.size <= self._most:
                self._chunks.append(chunk)
            else:
                self._chunks.clear()
            self.ended = not message.get("more_body", False)
        if self._send is not None:
            await self._send(message)

    @property
    def too_long(self) -> bool:
        return self.size > self._most

    def answer(self) -> Answer | None:
        """None where it did not come to its end, or is too long."""
        if self._start is None or not self.ended or self.too_long:
            return None
        headers = {
            name: value.decode("latin-1")
            for raw, value in self._start.get("headers", ())
            if (name := raw.decode("latin-1").lower()) in CONTRACT_HEADERS
        }
        return Answer(self._start["status"], headers, b"".join(self._chunks))
