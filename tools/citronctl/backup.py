"""A copy of the history, which gets its name only when it is whole."""

import errno
import os
import sqlite3
import tempfile
from contextlib import closing, contextmanager, suppress
from urllib.parse import quote


def make(source, file):
    """How many messages are in it. SQLite's online backup: writers do not wait for it."""
    _refuse_to_overwrite(file)
    with _fresh_beside(file) as fresh:
        with closing(sqlite3.connect(f"file:{quote(str(source))}?mode=ro", uri=True, timeout=10)) as history, \
                closing(sqlite3.connect(fresh)) as copy:
            copy.execute("PRAGMA synchronous=OFF")  # it is synced when it is whole
            history.backup(copy)
            copy.execute("UPDATE rooms SET epoch=''")  # put back, it lacks what was said since: clients must be told
            copy.commit()
            copy.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # closing does it too, but does not say when it cannot
            messages, = copy.execute("SELECT count(*) FROM messages").fetchone()
        _sync(fresh)
        _give_name(fresh, file)
    return messages


@contextmanager
def _fresh_beside(file):
    """An empty file, its owner's alone. It is gone afterwards, and so is what SQLite puts beside it."""
    handle, fresh = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    try:
        os.fchmod(handle, 0o600)  # whatever the umask is
        os.close(handle)
        yield fresh
    finally:
        for suffix in ("", "-wal", "-shm", "-journal"):
            with suppress(FileNotFoundError):
                os.unlink(fresh + suffix)


def _sync(file):
    with open(file, "rb") as written:
        os.fsync(written.fileno())


def _give_name(fresh, file):
    try:
        os.link(fresh, file)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        _refuse_to_overwrite(file)
        os.rename(fresh, file)


def _refuse_to_overwrite(file):
    if os.path.lexists(file):
        raise FileExistsError(errno.EEXIST, "exists already")
