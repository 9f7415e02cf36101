"""history_lock.py FILE: the pid of the process that holds the write lock of an SQLite file in WAL mode, or 0.
history_lock.py FILE hold: holds it itself until its standard input is closed."""

import fcntl
import os
import sqlite3
import struct
import sys

path = sys.argv[1]
if sys.argv[2:] == ["hold"]:
    history = sqlite3.connect(path, isolation_level=None)
    history.execute("BEGIN IMMEDIATE")
    print("held", flush=True)
    sys.stdin.read()
else:
    WRITE_LOCK = 120  # https://sqlite.org/walformat.html, 2.2
    with open(path + "-shm", "rb+") as shm:
        asked = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, WRITE_LOCK, 1, 0)
        kind, _, _, _, pid = struct.unpack("hhqqi4x", fcntl.fcntl(shm, fcntl.F_GETLK, asked))
    print(0 if kind == fcntl.F_UNLCK else pid)
