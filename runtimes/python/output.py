"""What the action prints, kept per activation and shipped with its answer.

Lines have the stored form `<30 columns of time> <stream>: <text>`. The log limit holds here. Long or
old output leaves in a frame of its own, so that an activation that is killed keeps it."""

import io
import os
import sys
import time

import frames

FLUSH_BYTES = 64 * 1024
FLUSH_AGE_S = 0.1
# A new process ships its first lines at once: code that hangs or dies does so most often then.
EAGER_LINES = 200
# Columns and separators around the text of a line, with its line end.
LINE_OVERHEAD = 40


class State:
    bytes_max = 0
    sequence = None
    used = 0
    carried = 0
    truncated = False
    eager = EAGER_LINES
    since = 0.0
    held = 0
    lines = []
    partial = {"stdout": "", "stderr": ""}
    # Made with the first thread: a function that sleeps must not keep its lines back.
    lock = None


def configure(log_bytes_max):
    State.bytes_max = log_bytes_max


def begin(sequence):
    State.sequence = sequence
    State.used = State.carried
    State.carried = 0
    State.truncated = False


def end(is_loading):
    """A last line without an end counts as a line; later output has no activation any more."""
    for stream, text in State.partial.items():
        if text:
            State.partial[stream] = ""
            add(stream, text)
    if is_loading:
        State.carried = State.used


def take():
    """Lines held so far and whether the limit was passed; the activation is over."""
    with guard():
        text = "\n".join(State.lines).encode("utf-8", "replace")
        State.lines = []
        State.held = 0
        State.sequence = None
        return text, State.truncated


def write(stream, text):
    if State.sequence is None or State.truncated or State.bytes_max == 0:
        return
    if "\n" not in text:
        State.partial[stream] += text
        if len(State.partial[stream]) > State.bytes_max:
            add(stream, State.partial[stream])
            State.partial[stream] = ""
        return
    lines = (State.partial[stream] + text).split("\n")
    State.partial[stream] = lines.pop()
    for line in lines:
        add(stream, line)
    flush_when_due()


def add(stream, text):
    if State.truncated or State.bytes_max == 0 or State.sequence is None:
        return
    data = text.encode("utf-8", "replace")
    room = State.bytes_max - State.used - LINE_OVERHEAD
    if len(data) > room:
        State.truncated = True
        if room <= 0:
            return
        text = data[:room].decode("utf-8", "ignore")
        data = data[:room]
    with guard():
        State.lines.append("%s %s: %s" % (stamp(), stream, text))
        State.used += len(data) + LINE_OVERHEAD
        State.held += len(data) + LINE_OVERHEAD
        if len(State.lines) == 1:
            State.since = time.monotonic()


def flush_when_due():
    if State.eager > 0:
        State.eager -= 1
        flush()
        if State.eager == 0:
            start_flusher()
    elif State.held > FLUSH_BYTES or time.monotonic() - State.since > FLUSH_AGE_S:
        flush()


def flush():
    with guard():
        if State.sequence is None or not (State.lines or State.truncated):
            return
        text = "\n".join(State.lines).encode("utf-8", "replace")
        State.lines = []
        State.held = 0
        frames.logs(State.sequence, text, State.truncated)


class NoGuard:
    def __enter__(self):
        return self

    def __exit__(self, *_):
        return False


NO_GUARD = NoGuard()


def guard():
    return State.lock or NO_GUARD


def start_flusher():
    import threading

    State.lock = threading.RLock()

    def flush_old():
        while True:
            time.sleep(FLUSH_AGE_S)
            if State.lines and time.monotonic() - State.since > FLUSH_AGE_S:
                flush()

    threading.Thread(target=flush_old, daemon=True, name="output").start()


def stamp():
    now = time.time_ns()
    seconds, nanoseconds = divmod(now, 1_000_000_000)
    return "%s.%09dZ" % (time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)), nanoseconds)


class Stream(io.TextIOBase):
    """Takes the place of sys.stdout or sys.stderr; `buffer` takes bytes."""

    def __init__(self, name, fd):
        self._name = name
        self._fd = fd
        self.buffer = ByteStream(name)

    @property
    def name(self):
        return "<%s>" % self._name

    @property
    def encoding(self):
        return "utf-8"

    @property
    def errors(self):
        return "replace"

    def fileno(self):
        return self._fd

    def isatty(self):
        return False

    def writable(self):
        return True

    def reconfigure(self, **_):
        pass

    def write(self, text):
        if not isinstance(text, str):
            raise TypeError("write() argument must be str, not %s" % type(text).__name__)
        write(self._name, text)
        return len(text)

    def flush(self):
        pass


class ByteStream(io.RawIOBase):
    def __init__(self, stream):
        self._stream = stream

    def writable(self):
        return True

    def write(self, data):
        write(self._stream, bytes(data).decode("utf-8", "replace"))
        return len(data)


def install():
    sys.stdout = sys.__stdout__ = Stream("stdout", 1)
    sys.stderr = sys.__stderr__ = Stream("stderr", 2)
    os.register_at_fork(after_in_child=use_pipes)


def use_pipes():
    """A forked child is not the activation: it prints on the pipes of the process."""
    State.lines = []
    State.lock = None
    sys.stdout = io.TextIOWrapper(io.FileIO(1, "w", closefd=False), "utf-8", write_through=True)
    sys.stderr = io.TextIOWrapper(io.FileIO(2, "w", closefd=False), "utf-8", write_through=True)
