"""Key files: made once, changed side by side, read with every slip told."""

import os
import tempfile
import unittest
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

import zmq

from citronctl import keys
from citronctl.conf import ConfError


class Folder(unittest.TestCase):
    def setUp(self):
        made = tempfile.TemporaryDirectory()
        self.addCleanup(made.cleanup)
        self.folder = Path(made.name) / "keys"

    def load(self):
        return keys.load(SimpleNamespace(broker=SimpleNamespace(keys=self.folder)))

    def lines(self, name):
        return (self.folder / name).read_bytes().split()

    def complaint(self, action):
        with self.assertRaises(ConfError) as caught:
            action()
        return str(caught.exception).replace(str(self.folder), "keys")


class Making(Folder):
    def test_a_pair_that_belongs_together_for_each_role(self):
        keys.make(self.folder, keys.ROLES)
        for role in keys.ROLES:
            self.assertEqual(self.lines(f"{role}.public"), [zmq.curve_public(self.lines(f"{role}.secret")[0])])

    def test_modes_hold_whatever_the_umask_is(self):
        old = os.umask(0o777)
        try:
            self.folder.mkdir(0o700)
            os.chmod(self.folder, 0o700)
            keys.make(self.folder, ["chat"])
        finally:
            os.umask(old)
        self.assertEqual((self.folder / "chat.secret").stat().st_mode & 0o777, 0o600)
        self.assertEqual((self.folder / "chat.public").stat().st_mode & 0o777, 0o644)

    def test_nothing_that_is_there_is_touched_and_nothing_is_made_beside_it(self):
        keys.make(self.folder, ["monitor"])
        before = self.lines("monitor.secret")
        self.assertEqual(self.complaint(lambda: keys.make(self.folder, keys.ROLES)),
                         "keys/monitor.secret: exists already; to replace keys that are in use: citron keygen --rotate")
        self.assertEqual(self.lines("monitor.secret"), before)
        self.assertEqual(sorted(file.name for file in self.folder.iterdir()), ["monitor.public", "monitor.secret"])

    def test_a_new_key_stands_before_the_old_one_until_that_is_retired(self):
        keys.make(self.folder, ["chat", "gate"])
        first, gate = self.lines("chat.public"), self.lines("gate.public")
        keys.rotate(self.folder, ["chat"])
        new = zmq.curve_public(self.lines("chat.secret")[0])
        self.assertEqual(self.lines("chat.public"), [new, *first])
        self.assertNotEqual(new, first[0])
        self.assertEqual(keys.retire(self.folder, ["chat", "gate"]), 1)
        self.assertEqual(self.lines("chat.public"), [new])
        self.assertEqual(self.lines("gate.public"), gate)

    def test_a_write_that_fails_leaves_the_old_file(self):
        keys.make(self.folder, ["chat"])
        before = self.lines("chat.public"), self.lines("chat.secret")
        with mock.patch.object(os, "replace", side_effect=OSError("full")), self.assertRaises(OSError):
            keys.rotate(self.folder, ["chat"])
        self.assertEqual((self.lines("chat.public"), self.lines("chat.secret")), before)
        self.assertEqual(len(list(self.folder.iterdir())), 2)

    def test_what_is_not_there_cannot_be_changed(self):
        self.assertIn("keys/chat.public: cannot be read: No such file", self.complaint(lambda: keys.rotate(self.folder, ["chat"])))


class Reading(Folder):
    def setUp(self):
        super().setUp()
        keys.make(self.folder, keys.ROLES)

    def test_a_tool_has_its_own_pair_and_every_key_that_may_be_the_brokers(self):
        keys.rotate(self.folder, ["broker"])
        read = self.load()
        self.assertEqual([read.public], self.lines("monitor.public"))
        self.assertEqual(list(read.broker), self.lines("broker.public"))

    def test_no_folder_no_keys(self):
        self.assertIsNone(keys.load(SimpleNamespace(broker=SimpleNamespace(keys=None))))

    def test_a_secret_that_everybody_may_read_is_none(self):
        os.chmod(self.folder / "monitor.secret", 0o604)
        self.assertEqual(self.complaint(self.load), "keys/monitor.secret: is open to every user of this machine: chmod 600")

    def test_slips_are_told_by_line_and_never_shown(self):
        for slip in (b"short", b"x" * 41, b"#" * 40, b'"' * 40, b"\xff" * 40):
            (self.folder / "broker.public").write_bytes(b"\n" + slip + b"\n")
            self.assertEqual(self.complaint(self.load), "keys/broker.public: line 2: is no key (40 characters of Z85)")
        (self.folder / "broker.public").write_bytes(b" \n")
        self.assertEqual(self.complaint(self.load), "keys/broker.public: has no key in it")

    def test_a_secret_file_has_one_key(self):
        secret = self.lines("monitor.secret")[0]
        (self.folder / "monitor.secret").write_bytes(secret + b"\n" + secret)
        self.assertEqual(self.complaint(self.load), "keys/monitor.secret: must have one key in it")


if __name__ == "__main__":
    unittest.main()
