"""Frames over fd 3 (docs/runtime-protocol.md)."""

import os
import struct
import sys

SOCKET_FD = 3
READ_BYTES = 256 * 1024
# length, meta length, sequence, true body length, status, type, flags
HEADER = struct.Struct("<IIIIHBB")
INIT = 1
RUN = 2
READY = 17
REPLY = 18
LOGS = 19
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


def received():
    """Gives (type, sequence, meta, body) one after another until the platform is gone."""
    pending = bytearray()
    while True:
        while len(pending) >= HEADER.size:
            length, meta_bytes, sequence, _, _, kind, _ = HEADER.unpack_from(pending)
            end = HEADER.size + length
            if len(pending) < end:
                break
            split = HEADER.size + meta_bytes
            meta = pending[HEADER.size : split].decode("utf-8")
            body = pending[split:end].decode("utf-8")
            del pending[:end]
            yield kind, sequence, meta, body
        chunk = os.read(SOCKET_FD, READ_BYTES)
        if not chunk:
            return
        pending += chunk


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
