"""The line to the supervisor: whatever happens to it is an answer."""

import os
import tempfile
import unittest
from unittest import mock

from citronctl import control


class Asking(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.run_dir = folder.name

    def ask(self):
        return control.ask(self.run_dir, {"command": "list"}, timeout=0.1)

    def test_nobody_there_is_no_answer(self):
        self.assertIsNone(self.ask())
        listener = control.Listener(self.run_dir)
        listener.socket.close()  # as a supervisor that was killed leaves it
        self.assertIsNone(self.ask())

    def test_one_that_does_not_answer_is_said(self):
        listener = control.Listener(self.run_dir)
        self.addCleanup(listener.close)
        self.assertEqual(self.ask(), {"error": "the supervisor has not answered within 0 s"})

    def test_somebody_elses_is_said(self):
        with mock.patch.object(os, "open", side_effect=PermissionError(13, "Permission denied")):
            self.assertEqual(self.ask(), {"error": f"{self.run_dir}/run/citron.sock: Permission denied"})


if __name__ == "__main__":
    unittest.main()
