"""A backup is whole or is not there, and nobody else may read it."""

import os
import sqlite3
import tempfile
import unittest
from contextlib import closing
from pathlib import Path
from unittest import mock

from citronctl import backup


class Making(unittest.TestCase):
    def setUp(self):
        made = tempfile.TemporaryDirectory()
        self.addCleanup(made.cleanup)
        self.folder = Path(made.name)
        self.source, self.file = self.folder / "history.db", self.folder / "copies" / "copy.db"
        self.file.parent.mkdir()
        with closing(sqlite3.connect(self.source)) as history:
            history.executescript("""PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;
                CREATE TABLE rooms(rid TEXT, epoch TEXT); INSERT INTO rooms VALUES('lobby', 'e1');
                CREATE TABLE messages(body TEXT); INSERT INTO messages VALUES('hello'), ('you');""")

    def make(self):
        return backup.make(self.source, self.file)

    def there(self):
        return sorted(file.name for file in self.file.parent.iterdir())

    def rows(self, query):
        with closing(sqlite3.connect(f"file:{self.file}?mode=ro&immutable=1", uri=True)) as copy:  # the file alone
            return copy.execute(query).fetchall()

    def test_has_all_messages_and_rooms_without_epoch_in_one_file(self):
        self.assertEqual(self.make(), 2)
        self.assertEqual(self.there(), ["copy.db"])
        self.assertEqual(self.rows("SELECT body FROM messages"), [("hello",), ("you",)])
        self.assertEqual(self.rows("SELECT epoch FROM rooms"), [("",)])

    def test_is_its_owners_alone_whatever_the_umask_is(self):
        for umask in (0, 0o777):
            old = os.umask(umask)
            try:
                self.make()
            finally:
                os.umask(old)
            self.assertEqual(self.file.stat().st_mode & 0o777, 0o600)
            self.file.unlink()

    def test_nothing_is_left_of_one_that_does_not_come_to_its_end(self):
        for step in ("_sync", "_give_name"):
            for reason in (KeyboardInterrupt, OSError(28, "No space left on device")):
                with mock.patch.object(backup, step, side_effect=reason), self.assertRaises((KeyboardInterrupt, OSError)):
                    self.make()
                self.assertEqual(self.there(), [], step)
        with closing(sqlite3.connect(self.source)) as history:
            history.execute("DROP TABLE rooms")
        with self.assertRaises(sqlite3.Error):
            self.make()
        self.assertEqual(self.there(), [])

    def test_has_its_name_only_when_it_is_whole(self):
        with mock.patch.object(backup, "_sync", side_effect=lambda _: self.assertFalse(self.file.exists())) as sync:
            self.make()
        sync.assert_called_once()

    def test_nothing_that_is_there_is_overwritten(self):
        self.file.write_text("mine")
        with self.assertRaisesRegex(FileExistsError, "exists already"):
            self.make()
        with mock.patch.object(backup, "_refuse_to_overwrite"), self.assertRaises(FileExistsError):  # made meanwhile
            self.make()
        self.assertEqual((self.file.read_text(), self.there()), ("mine", ["copy.db"]))

    def test_what_a_killed_one_left_is_in_nobodys_way(self):
        for name in (f".copy.db.{os.getpid()}", ".copy.db.abcdefgh"):
            (self.file.parent / name).write_text("half")
        self.assertEqual(self.make(), 2)

    def test_a_file_system_without_links_will_do(self):
        with mock.patch.object(os, "link", side_effect=PermissionError(1, "Operation not permitted")):
            self.assertEqual(self.make(), 2)
            self.assertEqual(self.there(), ["copy.db"])
            with mock.patch.object(backup, "_sync", side_effect=lambda _: self.file.write_text("mine")):
                self.file.unlink()
                with self.assertRaisesRegex(FileExistsError, "exists already"):
                    self.make()
        self.assertEqual(self.file.read_text(), "mine")


if __name__ == "__main__":
    unittest.main()
