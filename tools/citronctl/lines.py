"""Lines to a terminal or a pipe that other processes write to as well."""

import os
import select
import stat


class Lines:
    """Never waits and never fails: a terminal that stands still, or has gone away, is no reason to hold a cluster up.
    What is not taken at once is dropped, and counted in the next line that is."""

    def __init__(self, fd):
        self.fd, self.dropped, self.poll = _without_waiting(fd), 0, select.poll()
        self.poll.register(self.fd, select.POLLOUT)

    def say(self, line):
        missed = f"\n({self.dropped} lines of citron are missing here: nobody read them)\n" if self.dropped else ""
        taken = self._write(f"{missed}{line}\n".encode("utf-8", "backslashreplace"))
        self.dropped = 0 if taken else self.dropped + 1

    def _write(self, data):
        """Has it been taken whole?"""
        try:
            return bool(self.poll.poll(0)) and os.write(self.fd, data) == len(data)
        except OSError:
            return False


def _without_waiting(fd):
    """The same terminal or pipe, opened anew: O_NONBLOCK would else be everybody's who shares `fd`. What cannot be, a
    socket or another user's terminal, poll() has to speak for; a terminal may say yes and have room for half a line."""
    try:
        mode = os.fstat(fd).st_mode
        if stat.S_ISCHR(mode) or stat.S_ISFIFO(mode):
            return os.open(f"/proc/self/fd/{fd}", os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
    except OSError:
        pass
    return fd
