"""One server process: how it is started, ended, and started again."""

import ctypes
import os
import signal
import subprocess
import time

FIRST_PAUSE, LONGEST_PAUSE, LONG_LIFE = 1.0, 30.0, 60.0
PATIENCE = 12.0  # seconds from SIGTERM to SIGKILL; more than any server's own limit (a chat server's: 10 s; a connector's: + drainMs)
PR_SET_PDEATHSIG = 1
BAD_CONFIGURATION = 2

libc = ctypes.CDLL(None, use_errno=True)


def _die_with(parent):
    """Runs in the child before exec: ends it with the supervisor, keeps the terminal's Ctrl-C for the supervisor, and lets
    a reload() that comes too early do no harm."""
    os.setpgid(0, 0)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        os._exit(1)


class Child:
    """States: running, pausing (starts again at `again`), stopping, restarting (stopping, to be started again at once),
    stopped (nobody wants it), dead (no restart). `drain`: seconds that it may take longer than others to end."""

    def __init__(self, server, command, directory, restart, log, drain=0.0):
        self.server, self.command, self.directory = server, command, directory
        self.restart, self.log, self.patience = restart, log, PATIENCE + drain
        self.state, self.process, self.exit, self.how = "stopped", None, None, ""
        self.pause, self.again, self.kill_at, self.restarts = FIRST_PAUSE, 0.0, None, 0

    @property
    def id(self):
        return self.server.id

    @property
    def pid(self):
        return self.process.pid if self.process else None

    def start(self):
        """A start that fails (no such file, no memory) is an end like any other."""
        parent = os.getpid()
        self.started, self.state = time.monotonic(), "running"
        try:  # SIGPIPE stays ignored: a terminal that goes away must not end a server
            self.process = subprocess.Popen(self.command, cwd=self.directory, stdin=subprocess.DEVNULL, stdout=2,
                                            restore_signals=False, preexec_fn=lambda: _die_with(parent))
        except (OSError, subprocess.SubprocessError) as error:
            self._pause(self.started, f"cannot be started ({getattr(error, 'strerror', None) or error})")

    def stop(self):
        """Ask it to end; tick() sees to it that it does."""
        if self.process is None:
            self.state = "stopped"
        elif self.state == "restarting":
            self.state = "stopping"
        elif self.state != "stopping":
            self._end("stopping")

    def reload(self):
        """Ask a running one to read its files again."""
        self.process.send_signal(signal.SIGHUP)

    def start_anew(self):
        """Ask a running one to end; tick() starts it again as soon as it has."""
        self._end("restarting")

    def _end(self, state):
        self.state, self.kill_at = state, time.monotonic() + self.patience
        self.process.terminate()

    def tick(self):
        """Takes note of its end, starts it again when that is due, kills it when it does not end."""
        now = time.monotonic()
        if self.process is not None and self.process.poll() is not None:
            self._ended(now)
        elif self.state in ("stopping", "restarting") and now >= self.kill_at:
            self.log(f"{self.id} has not ended within {self.patience:.0f} s: killed")
            self.kill_at = now + PATIENCE
            self.kill()
        elif self.state == "pausing" and now >= self.again:
            self.restarts += 1
            self.start()

    def kill(self):
        if self.process is not None:
            self.process.kill()

    def wait(self):
        """After kill(): until it is gone."""
        if self.process is not None:
            self.process.wait()

    def _ended(self, now):
        self.exit, self.process = self.process.returncode, None
        how = f"signal {-self.exit}" if self.exit < 0 else f"exit {self.exit}"
        if self.state in ("stopping", "restarting"):
            if self.exit != 0:
                self.log(f"{self.id} was to end in order and did not ({how})")
            if self.state == "restarting":
                self.restarts += 1
                return self.start()
            self.state = "stopped"
            return
        if now - self.started >= LONG_LIFE:
            self.pause = FIRST_PAUSE
        self._pause(now, f"has ended ({how})")

    def _pause(self, now, how):
        self.how = how
        if not self.restart:
            self.state = "dead"
            self.log(f"{self.id} {how}; it is not started again")
            return
        self.log(f"{self.id} {how}; again in {self.pause:.0f} s")
        self.state, self.again = "pausing", now + self.pause
        self.pause = min(2 * self.pause, LONGEST_PAUSE)
