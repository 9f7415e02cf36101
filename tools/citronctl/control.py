"""The supervisor's control point: a Unix socket in RUN_DIR/run; one line of JSON each way."""

import contextlib
import json
import os
import socket
from pathlib import Path

NAME = "citron.sock"
LONGEST_LINE = 1 << 20


@contextlib.contextmanager
def _short_path(run_dir):
    """A path to the socket that fits into sun_path, however deep run_dir lies."""
    directory = os.open(Path(run_dir) / "run", os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{directory}/{NAME}"
    finally:
        os.close(directory)


def ask(run_dir, request, timeout=30.0):
    """The supervisor's answer, {"error": ...} when there is none to be had, or None when no supervisor runs there."""
    try:
        with _short_path(run_dir) as path, socket.socket(socket.AF_UNIX) as line:
            line.settimeout(timeout)
            line.connect(path)
            line.sendall(json.dumps(request).encode() + b"\n")
            with line.makefile("rb") as answer:
                return json.loads(answer.readline(LONGEST_LINE))
    except (FileNotFoundError, ConnectionRefusedError, NotADirectoryError):
        return None
    except TimeoutError:
        return {"error": f"the supervisor has not answered within {timeout:.0f} s"}
    except (ValueError, ConnectionError):
        return {"error": "the supervisor ended before it answered"}
    except OSError as error:
        return {"error": f"{Path(run_dir) / 'run' / NAME}: {error.strerror}"}


class Listener:
    """The supervisor's end. fds() to poll; take() gives the requests that are complete, as (connection, dict)."""

    def __init__(self, run_dir):
        (Path(run_dir) / "run").mkdir(parents=True, exist_ok=True)
        self.file = Path(run_dir) / "run" / NAME
        self.socket = socket.socket(socket.AF_UNIX)
        with _short_path(run_dir) as path:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)  # left by one that was killed: nobody answered there
            self.socket.bind(path)
        os.chmod(self.file, 0o600)
        self.socket.listen()
        self.socket.setblocking(False)
        self.lines = {}

    def fds(self):
        return [self.socket, *self.lines]

    def take(self):
        with contextlib.suppress(OSError):
            connection, _ = self.socket.accept()
            connection.setblocking(False)
            self.lines[connection] = b""
        for connection in list(self.lines):
            if (request := self._read(connection)) is not None:
                yield connection, request

    def _read(self, connection):
        try:
            data = connection.recv(65536)
        except BlockingIOError:
            return None
        except OSError:
            data = b""
        self.lines[connection] += data
        line, end, _ = self.lines[connection].partition(b"\n")
        if not end and data and len(line) < LONGEST_LINE:
            return None
        del self.lines[connection]
        try:
            request = json.loads(line)
            if isinstance(request, dict):
                return request
        except ValueError:
            pass
        connection.close()
        return None

    @staticmethod
    def answer(connection, value):
        with contextlib.suppress(OSError):
            connection.setblocking(True)
            connection.settimeout(2)
            connection.sendall(json.dumps(value).encode() + b"\n")
        connection.close()

    def close(self):
        self.socket.close()
        with contextlib.suppress(FileNotFoundError):
            self.file.unlink()
