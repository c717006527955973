"""Runs one Python action: frames on fd 3, the contract of OpenWhisk's ActionLoop inside them
(docs/runtime-protocol.md). Python 3.8 and newer. One activation at a time, in order."""

import json
import os
import sys

# The interpreter is started isolated: only for the launcher's own modules, not for the action's.
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import frames  # noqa: E402
import output  # noqa: E402
import action  # noqa: E402

del sys.path[0]
# An action may have modules of these names.
for _name in ("frames", "output", "action"):
    del sys.modules[_name]

# Ends a process that ran out of memory (docs/runtime-protocol.md).
EXIT_OUT_OF_MEMORY = 86
NO_BINARY = "The action failed to generate or locate a binary. See logs for details."
NO_START = "Cannot start action. Check logs for details."
NO_RESULT = "The action did not return a dictionary or array."


class Launcher:
    def __init__(self, tmp_folder):
        self.tmp_folder = tmp_folder
        self.settings = {}
        self.main = None
        self.env_names = {}

    def init(self, sequence, meta, body, _flags):
        if self.main is not None:
            self.refuse(sequence, 403, "Cannot initialize the action more than once.")
            return
        self.settings = json.loads(meta)
        output.configure(self.settings["logBytesMax"])
        try:
            value = json.loads(body).get("value") or {}
        except (ValueError, AttributeError) as problem:
            self.refuse(sequence, 400, "Error unmarshaling request: %s" % problem)
            return
        if not value.get("code"):
            self.refuse(sequence, 403, "Missing main/no code to execute.")
            return
        output.begin(sequence)
        status, text = self.load(value)
        output.end(status == 200)
        self.answer(sequence, status, text)

    def load(self, value):
        for name, text in (value.get("env") or {}).items():
            os.environ[name] = text if isinstance(text, str) else json.dumps(text)
        try:
            code = action.decode(value)
        except ValueError as problem:
            return 400, error_body("cannot decode the request: %s" % problem)
        try:
            problem = action.build(code, os.path.join(self.tmp_folder, "action"))
        except Exception as error:
            problem = str(error)
        if problem:
            sys.stderr.write(problem + "\n")
            return 502, error_body(NO_BINARY)
        try:
            self.main = action.start(value.get("main") or "main")
        except MemoryError:
            out_of_memory()
        except BaseException:
            print_traceback()
            return 502, error_body(NO_START)
        return 200, '{"ok":true}'

    def run(self, sequence, _meta, body, flags):
        if self.main is None:
            self.refuse(sequence, 500, "no action defined yet")
            return
        try:
            message = json.loads(body)
            payload = self.environment(message)
        except (ValueError, AttributeError) as problem:
            self.refuse(sequence, 400, "Error unmarshaling request: %s" % problem)
            return
        output.begin(sequence)
        try:
            result = self.main(payload)
            if flags & frames.FLAG_STREAM:
                result = self.stream(sequence, result)
        except MemoryError:
            out_of_memory()
        except Exception as error:
            print_traceback()
            result = {"error": str(error)}
        except BaseException as error:
            self.leave(sequence, error)
        try:
            text = json.dumps(result, ensure_ascii=False)
        except Exception as error:
            self.leave(sequence, error)
        if not text.startswith(("{", "[")) or not is_strict(text):
            output.end(False)
            self.answer(sequence, 502, error_body(NO_RESULT))
            return
        output.end(False)
        self.answer(sequence, 200, text)

    def stream(self, sequence, result):
        """Sends a result that is a stream; gives the note about it, or the result if it is none."""
        stream = action.own_module("stream")
        answer = stream.answer_of(result)
        return result if answer is None else stream.send(frames, output, sequence, *answer)

    def environment(self, message):
        """Sets `__OW_*` of this activation; gives the value that the function is called with."""
        payload = {}
        for key, value in message.items():
            if key == "value":
                payload = value
            elif isinstance(value, str):
                name = self.env_names.get(key)
                if name is None:
                    name = self.env_names[key] = "__OW_" + key.upper()
                os.environ[name] = value
        return payload

    def leave(self, sequence, error):
        """The program of the action ends: said as the original's proxy says it."""
        if not isinstance(error, SystemExit):
            print_traceback()
        elif isinstance(error.code, str):
            sys.stderr.write(error.code + "\n")
        output.end(False)
        self.answer(sequence, 400, error_body("command exited"))
        os._exit(1)

    def refuse(self, sequence, status, text):
        output.begin(sequence)
        output.end(False)
        self.answer(sequence, status, error_body(text))

    def answer(self, sequence, status, text):
        body = text.encode("utf-8", "replace")
        size = len(body)
        if size > self.settings.get("responseBytesMax", size):
            body = body[: self.settings["truncationBytes"]]
        lines, truncated = output.take()
        frames.reply(sequence, status, lines, truncated, body, size)


def error_body(text):
    return json.dumps({"error": text}, ensure_ascii=False)


def is_strict(text):
    """NaN and infinities are no JSON, although this language writes them."""
    if "NaN" not in text and "Infinity" not in text:
        return True
    try:
        json.dumps(json.loads(text), allow_nan=False)
        return True
    except ValueError:
        return False


def print_traceback():
    import traceback

    traceback.print_exc(file=sys.stderr)


def out_of_memory():
    output.flush()
    os._exit(EXIT_OUT_OF_MEMORY)


def relay_api():
    where = os.environ.pop("MERINGUE_API_RELAY", None)
    if where is not None:
        action.own_module("relay").listen(where)


def serve():
    tmp_folder = sys.argv[1]
    del sys.argv[1:]
    os.chdir(tmp_folder)
    relay_api()
    output.install()
    launcher = Launcher(tmp_folder)
    frames.ready()
    handlers = {frames.INIT: launcher.init, frames.RUN: launcher.run}
    for kind, sequence, meta, body, flags in frames.received():
        handlers[kind](sequence, meta, body, flags)
    os._exit(0)


serve()
