"""One server process: how it is started, ended, and started again."""

import ctypes
import os
import signal
import subprocess
import time

FIRST_PAUSE, LONGEST_PAUSE, LONG_LIFE = 1.0, 30.0, 60.0
PATIENCE = 10.0  # seconds from SIGTERM to SIGKILL
PR_SET_PDEATHSIG = 1
BAD_CONFIGURATION = 2

libc = ctypes.CDLL(None, use_errno=True)


def _die_with(parent):
    """Runs in the child before exec: ends it with the supervisor, and keeps the terminal's Ctrl-C for the supervisor."""
    os.setpgid(0, 0)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        os._exit(1)


class Child:
    """States: running, pausing (starts again at `again`), stopping, stopped (nobody wants it), dead (no restart)."""

    def __init__(self, server, command, directory, restart, log):
        self.server, self.command, self.directory = server, command, directory
        self.restart, self.log = restart, log
        self.state, self.process, self.exit = "stopped", None, None
        self.pause, self.again, self.kill_at, self.restarts = FIRST_PAUSE, 0.0, None, 0

    @property
    def id(self):
        return self.server.id

    @property
    def pid(self):
        return self.process.pid if self.process else None

    def start(self):
        parent = os.getpid()
        self.process = subprocess.Popen(self.command, cwd=self.directory, stdin=subprocess.DEVNULL, stdout=2,
                                        preexec_fn=lambda: _die_with(parent))
        self.started, self.state, self.exit = time.monotonic(), "running", None

    def stop(self):
        """Ask it to end; tick() sees to it that it does."""
        if self.process is None:
            self.state = "stopped"
        elif self.state != "stopping":
            self.state, self.kill_at = "stopping", time.monotonic() + PATIENCE
            self.process.terminate()

    def tick(self):
        """Takes note of its end, starts it again when that is due, kills it when it does not end."""
        now = time.monotonic()
        if self.process is not None and self.process.poll() is not None:
            self._ended(now)
        elif self.state == "stopping" and now >= self.kill_at:
            self.log(f"{self.id} has not ended within {PATIENCE:.0f} s: killed")
            self.process.kill()
            self.kill_at = now + PATIENCE
        elif self.state == "pausing" and now >= self.again:
            self.restarts += 1
            self.start()

    def _ended(self, now):
        self.exit, self.process = self.process.returncode, None
        if self.state == "stopping":
            self.state = "stopped"
            return
        if now - self.started >= LONG_LIFE:
            self.pause = FIRST_PAUSE
        how = f"signal {-self.exit}" if self.exit < 0 else f"exit {self.exit}"
        if not self.restart:
            self.state = "dead"
            self.log(f"{self.id} has ended ({how}); it is not started again")
            return
        self.log(f"{self.id} has ended ({how}); again in {self.pause:.0f} s")
        self.state, self.again = "pausing", now + self.pause
        self.pause = min(2 * self.pause, LONGEST_PAUSE)
