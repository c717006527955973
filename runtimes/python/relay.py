"""The API of the platform for an action without a network: 127.0.0.1:<port> → the socket shown by
the sandbox."""

import socket
import threading

PIECE_BYTES = 64 * 1024


def listen(where):
    """`where`: "<port>:<path of the socket>"."""
    port, path = where.split(":", 1)
    server = socket.create_server(("127.0.0.1", int(port)))
    start(accept, server, path)


def accept(server, path):
    while True:
        inside, _ = server.accept()
        outside = socket.socket(socket.AF_UNIX)
        try:
            outside.connect(path)
        except OSError:
            inside.close()
            continue
        start(copy, inside, outside)
        start(copy, outside, inside)


def copy(source, target):
    try:
        while True:
            piece = source.recv(PIECE_BYTES)
            if not piece:
                break
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        source.close()
        target.close()


def start(function, *arguments):
    threading.Thread(target=function, args=arguments, daemon=True).start()
