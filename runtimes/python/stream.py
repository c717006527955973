"""Answers in parts: a web action that may stream returns an iterator (a generator, an open file), an
asynchronous one, or a dictionary with one as its "body"."""

import json

# Bytes that may be under way and not passed on by the platform yet.
WINDOW_BYTES = 256 * 1024
CHUNK_BYTES_MAX = 64 * 1024


def answer_of(result):
    """The answer without its body, and its parts; None when it is no stream."""
    if is_stream(result):
        return {}, result
    if not isinstance(result, dict) or not is_stream(result.get("body")):
        return None
    return {key: value for key, value in result.items() if key != "body"}, result["body"]


def is_stream(value):
    return hasattr(value, "__next__") or hasattr(value, "__aiter__")


def send(frames, output, sequence, head, parts):
    """Gives the note that becomes the result of the activation."""
    stream = Stream(frames, output, sequence)
    stream.part(frames.HEAD, json.dumps(head).encode("utf-8"))
    parts = parts if hasattr(parts, "__next__") else Stepper(parts)
    note = {"bytes": 0, "chunks": 0, "ended": "done"}
    try:
        for value in parts:
            note["bytes"] += stream.send(as_bytes(value))
            note["chunks"] += 1
            stream.look(False)
            if stream.why is not None:
                break
    finally:
        # Lets the code that makes the parts clean up.
        if hasattr(parts, "close"):
            parts.close()
    if stream.why is not None:
        note["ended"] = stream.why
    return dict(head, stream=note)


class Stream:
    def __init__(self, frames, output, sequence):
        self.frames = frames
        self.output = output
        self.sequence = sequence
        self.credit = WINDOW_BYTES
        self.why = None

    def part(self, kind, data):
        # Lines that have become old are sent by a thread of their own.
        with self.output.guard():
            self.frames.send(kind, self.sequence, 0, b"", False, data, 0)

    def send(self, data):
        """Gives how many bytes were sent: less than all when nobody reads any more."""
        sent = 0
        while sent < len(data):
            while self.credit <= 0 and self.why is None:
                self.look(True)
            if self.why is not None:
                break
            piece = data[sent : sent + CHUNK_BYTES_MAX]
            self.credit -= len(piece)
            self.part(self.frames.CHUNK, piece)
            sent += len(piece)
        return sent

    def look(self, block):
        for kind, count, body in self.frames.controls(self.sequence, block):
            if kind == self.frames.CANCEL:
                self.why = body
            else:
                self.credit += count


class Stepper:
    """An asynchronous iterator, step by step on a loop of its own."""

    def __init__(self, parts):
        import asyncio

        self.loop = asyncio.new_event_loop()
        self.parts = parts.__aiter__()

    def __iter__(self):
        return self

    def __next__(self):
        try:
            return self.loop.run_until_complete(self.parts.__anext__())
        except StopAsyncIteration:
            raise StopIteration from None

    def close(self):
        if hasattr(self.parts, "aclose"):
            self.loop.run_until_complete(self.parts.aclose())
        self.loop.close()


def as_bytes(value):
    if isinstance(value, str):
        return value.encode("utf-8", "replace")
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value)
    kind = type(value).__name__
    raise TypeError("A stream must give texts or bytes, but gave a value of type %s." % kind)
