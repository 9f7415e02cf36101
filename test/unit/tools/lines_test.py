"""What the supervisor says holds nothing up, whoever does not read it."""

import fcntl
import os
import pty
import signal
import socket
import termios
import unittest

from citronctl.lines import Lines

MISSING = "\n({} lines of citron are missing here: nobody read them)\n"


class Saying(unittest.TestCase):
    def setUp(self):
        before = signal.signal(signal.SIGALRM, self.too_long)
        self.addCleanup(signal.signal, signal.SIGALRM, before)
        self.addCleanup(signal.alarm, 0)
        signal.alarm(20)

    def too_long(self, *_):
        raise AssertionError("it waits")

    def lines_to(self, reader, writer):
        lines = Lines(writer)
        for fd in {reader, writer, lines.fd}:
            self.addCleanup(os.close, fd)
        return lines

    def on_pipe(self):
        reader, writer = os.pipe()
        return reader, self.lines_to(reader, writer)

    def on_terminal(self):
        reader, writer = pty.openpty()
        return reader, self.lines_to(reader, writer)

    @staticmethod
    def fill(lines):
        while not lines.dropped:
            lines.say("x" * 99)
        for _ in range(2):
            lines.say("y" * 99)

    @staticmethod
    def read(reader):
        """Everything that waits there."""
        os.set_blocking(reader, False)
        text = b""
        try:
            while data := os.read(reader, 65536):
                text += data
        except BlockingIOError:
            pass
        return text.decode().replace("\r\n", "\n")

    def test_a_line_is_a_line(self):
        reader, lines = self.on_pipe()
        lines.say("cluster ready")
        lines.say("\udcff")
        self.assertEqual(self.read(reader), "cluster ready\n\\udcff\n")

    def test_what_nobody_reads_is_dropped_and_the_next_line_says_how_much(self):
        for place in (self.on_pipe, self.on_terminal):
            reader, lines = place()
            self.fill(lines)
            self.assertNotIn("y", self.read(reader))
            lines.say("again")
            lines.say("and on")
            self.assertEqual(self.read(reader), MISSING.format(3) + "again\nand on\n")

    def test_a_terminal_that_stands_still_gets_nothing(self):
        reader, lines = self.on_terminal()
        termios.tcflow(lines.fd, termios.TCOOFF)  # Ctrl-S
        lines.say("unseen")
        termios.tcflow(lines.fd, termios.TCOON)
        lines.say("seen")
        self.assertEqual(self.read(reader), MISSING.format(1) + "seen\n")

    def test_a_socket_is_not_waited_for_either(self):
        near, far = socket.socketpair()
        with near, far:
            lines = Lines(near.fileno())
            self.fill(lines)
            self.assertEqual(lines.fd, near.fileno())

    def test_others_who_write_there_wait_as_before(self):
        reader, writer = os.pipe()
        self.lines_to(reader, writer)
        self.assertFalse(fcntl.fcntl(writer, fcntl.F_GETFL) & os.O_NONBLOCK)

    def test_a_reader_that_has_gone_is_no_error(self):
        reader, writer = os.pipe()
        os.close(reader)
        lines = Lines(writer)
        lines.say("x")
        self.assertEqual(lines.dropped, 1)
        for fd in (writer, lines.fd):
            os.close(fd)


if __name__ == "__main__":
    unittest.main()
