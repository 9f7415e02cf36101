"""The CURVE keys of servers and tools: ROLE.secret has one, ROLE.public one a line, the newest first."""

import os
from dataclasses import dataclass
from pathlib import Path

import zmq

from .conf import ConfError

ROLES = ("broker", "gate", "connector", "chat", "monitor")
OURS = "monitor"  # of every tool
KEY_CHARACTERS = 40


@dataclass(frozen=True)
class Keys:
    """What a tool needs to be let in: its own pair, and those of which one is the broker's. In Z85."""

    public: bytes
    secret: bytes
    broker: tuple

    def lock(self, socket, attempt):
        """Before it connects. Each attempt that failed is followed by one with the broker's next key."""
        socket.curve_publickey, socket.curve_secretkey = self.public, self.secret
        socket.curve_serverkey = self.broker[attempt % len(self.broker)]


def load(conf):
    """Those of the tools, or None where servers.json names none."""
    folder = conf.broker.keys
    if folder is None:
        return None
    file = folder / f"{OURS}.secret"
    secrets = read(file)
    if file.stat().st_mode & 0o007:
        raise ConfError(f"{file}: is open to every user of this machine: chmod 600")
    if len(secrets) != 1:
        raise ConfError(f"{file}: must have one key in it")
    return Keys(zmq.curve_public(secrets[0]), secrets[0], tuple(read(folder / "broker.public")))


def read(file):
    """At least one key."""
    try:
        lines = file.read_bytes().split(b"\n")
    except OSError as error:
        raise ConfError(f"{file}: cannot be read: {error.strerror} (citron keygen makes keys)") from None
    keys = [(number, line.strip()) for number, line in enumerate(lines, 1) if line.strip()]
    for number, key in keys:
        if not _is_key(key):  # never shown: it may be a secret with a slip in it
            raise ConfError(f"{file}: line {number}: is no key (40 characters of Z85)")
    if not keys:
        raise ConfError(f"{file}: has no key in it")
    return [key for _, key in keys]


def _is_key(text):
    if len(text) != KEY_CHARACTERS:
        return False
    try:
        zmq.curve_public(text)  # decodes it
        return True
    except (zmq.ZMQError, ValueError):
        return False


# ---- making them

def make(folder, roles):
    """A pair for each role. Never touches one that is there."""
    for file in (_file(folder, role, what) for role in roles for what in ("secret", "public")):
        if file.exists() or file.is_symlink():
            raise ConfError(f"{file}: exists already; to replace keys that are in use: citron keygen --rotate")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for role in roles:
        public, secret = zmq.curve_keypair()
        _write(_file(folder, role, "public"), 0o644, [public])
        _write(_file(folder, role, "secret"), 0o600, [secret])


def rotate(folder, roles):
    """New pairs; the former public keys stay good behind the new ones."""
    former = {role: read(_file(folder, role, "public")) for role in roles}
    for role in roles:
        public, secret = zmq.curve_keypair()
        _write(_file(folder, role, "public"), 0o644, [public, *former[role]])  # first: nobody may have a key that is not known
        _write(_file(folder, role, "secret"), 0o600, [secret])


def retire(folder, roles):
    """Leaves the newest public key of each role alone; how many have gone."""
    former = {role: read(_file(folder, role, "public")) for role in roles}
    for role in roles:
        _write(_file(folder, role, "public"), 0o644, former[role][:1])
    return sum(len(keys) - 1 for keys in former.values())


def _file(folder, role, what):
    return Path(folder) / f"{role}.{what}"


def _write(file, mode, keys):
    """All or nothing, and never readable by more than `mode` says."""
    fresh = file.with_name(f".{file.name}.{os.getpid()}")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
    try:
        with os.fdopen(handle, "wb") as out:
            os.fchmod(out.fileno(), mode)  # whatever the umask is
            out.write(b"".join(key + b"\n" for key in keys))
            out.flush()
            os.fsync(out.fileno())
        os.replace(fresh, file)
    except BaseException:
        os.unlink(fresh)
        raise
