"""Frames over fd 3 (docs/runtime-protocol.md)."""

import os
import select
import struct
import sys

SOCKET_FD = 3
READ_BYTES = 256 * 1024
# length, meta length, sequence, true body length, status, type, flags
HEADER = struct.Struct("<IIIIHBB")
INIT = 1
RUN = 2
CREDIT = 4
CANCEL = 5
READY = 17
REPLY = 18
LOGS = 19
HEAD = 21
CHUNK = 22
# Of RUN: the answer may be a stream.
FLAG_STREAM = 2
FLAG_TRUNCATED = 1
# Of REPLY: the activation may have printed past the launcher.
FLAG_DIRECT_OUTPUT = 4

_write = os.write


class DirectOutput:
    """Whether the action may have printed on fd 1 or 2 past the launcher: through child processes,
    native code or os.write. From then on the platform reads what was printed before it ends an
    activation."""

    used = False
    EVENTS = frozenset(
        ("ctypes.dlopen", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn")
        + ("os.system", "pty.spawn", "subprocess.Popen")
    )

    @classmethod
    def audit(cls, event, _args):
        if event in cls.EVENTS:
            cls.used = True

    @classmethod
    def write(cls, fd, data):
        if fd in (1, 2):
            cls.used = True
        return _write(fd, data)


def watch_direct_output():
    sys.addaudithook(DirectOutput.audit)
    os.write = DirectOutput.write


_pending = bytearray()
# Frames that came while a stream looked for its own.
_waiting = []


def received():
    """Gives (type, sequence, meta, body, flags) one after another until the platform is gone."""
    while True:
        while _waiting:
            yield _waiting.pop(0)[:5]
        frame = next_frame()
        while frame is not None:
            # What is about a stream comes too late here: it has ended.
            if frame[0] not in (CREDIT, CANCEL):
                yield frame[:5]
            frame = next_frame()
        if not read_more():
            return


def controls(sequence, block):
    """Gives (type, count, body) of what has come about a stream; waits for the first if told to.
    Ends the process when the platform is gone."""
    found = []
    while True:
        frame = next_frame()
        while frame is not None:
            kind, about, _, body, _, count = frame
            if kind not in (CREDIT, CANCEL):
                _waiting.append(frame)
            elif about == sequence:
                found.append((kind, count, body))
            frame = next_frame()
        has_more = select.select([SOCKET_FD], [], [], None if block and not found else 0)[0]
        if not has_more:
            return found
        if not read_more():
            os._exit(0)


def next_frame():
    if len(_pending) < HEADER.size:
        return None
    length, meta_bytes, sequence, count, _, kind, flags = HEADER.unpack_from(_pending)
    end = HEADER.size + length
    if len(_pending) < end:
        return None
    split = HEADER.size + meta_bytes
    meta = _pending[HEADER.size : split].decode("utf-8")
    body = _pending[split:end].decode("utf-8")
    del _pending[:end]
    return kind, sequence, meta, body, flags, count


def read_more():
    """False when the platform is gone."""
    global _pending
    chunk = os.read(SOCKET_FD, READ_BYTES)
    _pending += chunk
    return len(chunk) > 0


def send(kind, sequence, status, meta, truncated, body, body_bytes):
    flags = FLAG_TRUNCATED if truncated else 0
    if kind == REPLY and DirectOutput.used:
        flags |= FLAG_DIRECT_OUTPUT
    length = len(meta) + len(body)
    header = HEADER.pack(length, len(meta), sequence, body_bytes, status, kind, flags)
    data = memoryview(header + meta + body)
    while data:
        data = data[_write(SOCKET_FD, data) :]


def ready():
    watch_direct_output()
    os.set_blocking(SOCKET_FD, True)
    os.set_inheritable(SOCKET_FD, False)
    send(READY, 0, 0, b"", False, b"", 0)


def reply(sequence, status, lines, truncated, body, body_bytes):
    send(REPLY, sequence, status, lines, truncated, body, body_bytes)


def logs(sequence, lines, truncated):
    send(LOGS, sequence, 0, lines, truncated, b"", 0)
