"""The broker's line protocol from a tool's side: envelopes, and a peer of kind tool."""

import os
import random
import time
from collections import namedtuple
from contextlib import suppress

import msgpack
import zmq

from .conf import ConfError

HELLO, WELCOME, REFUSED, BEAT, VIEW, DRAIN, BYE, DONE, SETTLED, CALL, REPLY, NOTIFY, BROADCAST, ENROLL = range(14)
KIND_NAMES = ("hello", "welcome", "refused", "beat", "view", "drain", "bye", "done", "settled", "call", "reply",
              "notify", "broadcast", "enroll")
ERRORS = {0: "ok", 1: "bad_request", 2: "no_such_route", 3: "not_entered", 4: "duplicate_user", 5: "no_such_user",
          6: "too_large", 7: "overloaded", 8: "unavailable", 9: "timeout", 10: "unauthorized", 11: "forbidden", 12: "rate_limited",
          100: "moved", 101: "hole"}
SERVER_KINDS = ("broker", "gate", "connector", "chat", "tool")
VERSION, FIELDS = 1, 11
STATS_ROUTE = "sys.statsRemote.read"

Envelope = namedtuple("Envelope", "kind from_ to room id view_broker view_number route code body")
ServerInfo = namedtuple("ServerInfo", "id kind boot nonce host port store draining")
View = namedtuple("View", "broker number generation ready servers dropped")
NO_VIEW = View(0, 0, 0, False, [], [])


class WireError(Exception):
    """Bytes that are not what they should be."""


def unpack(data):
    try:
        return msgpack.unpackb(data, raw=False, strict_map_key=False, unicode_errors="surrogateescape")
    except Exception as error:  # whatever msgpack raises about a stranger's bytes
        raise WireError(f"not msgpack: {type(error).__name__}") from None


def encode(kind, from_="", to="", room="", id=0, route="", code=0, body=b"", view=NO_VIEW):
    return msgpack.packb([VERSION, kind, from_, to, room, id, view.broker, view.number, route, code, body])


def decode(data):
    fields = unpack(data)
    if not isinstance(fields, list) or len(fields) < FIELDS:
        raise WireError("not an envelope")
    version, kind, from_, to, room, id_, broker, number, route, code, body = fields[:FIELDS]
    if version != VERSION:
        raise WireError(f"version {version!r:.20}")
    numbers = all(isinstance(value, int) for value in (kind, id_, broker, number, code))
    to = [to] if isinstance(to, str) and to else to or []
    texts = isinstance(to, list) and all(isinstance(value, str) for value in (from_, room, route, *to))
    if not numbers or not texts or not isinstance(body, bytes) or not 0 <= kind < len(KIND_NAMES):
        raise WireError("not an envelope")
    return Envelope(kind, from_, to, room, id_, broker, number, route, code, body)


def _shape(type_, values):
    """A struct of the contract; missing trailing fields are empty, extra ones ignored."""
    values = list(values)[:len(type_._fields)]
    return type_(*values, *[None] * (len(type_._fields) - len(values)))


def view_from(value):
    view = _shape(View, value)
    return view._replace(servers=[_shape(ServerInfo, server) for server in view.servers or []])


def hello_of(body):
    """The server_info that a hello carries."""
    return _shape(ServerInfo, unpack(body)[0])


def open_socket(kind, endpoint, keys=None, attempt=0):
    """IPv6 is on for IPv6 addresses only: else a name could lead elsewhere than the servers are."""
    socket = zmq.Context.instance().socket(kind)
    socket.setsockopt(zmq.LINGER, 0)
    socket.setsockopt(zmq.IPV6, int("[" in endpoint))
    if keys is not None:
        keys.lock(socket, attempt)
    return socket


def connect(socket, endpoint):
    try:
        socket.connect(endpoint)
    except zmq.ZMQError as error:
        socket.close()
        raise ConfError(f"{endpoint}: cannot be connected to: {error}") from None


class Peer:
    """A tool's line to the broker. Non-blocking: feed it with receive() when its socket is readable, tick() often.

    `view` is None until the broker has taken us in, and again after the line is lost; it opens itself anew.
    """

    SILENCE, BEAT, REOPEN = 2.0, 0.5, 0.3

    def __init__(self, endpoint, read_keys=lambda: None, name="tool"):
        """`read_keys`: asked before each line is opened, as keys may have been changed meanwhile."""
        self.endpoint, self.read_keys = endpoint, read_keys
        self.keys, self.failed = read_keys(), 0
        self.id = f"{name}-{os.getpid()}-{random.getrandbits(24):06x}"
        self.boot = random.getrandbits(63)
        self.view = None
        self.refused = None
        self.socket = None
        self.answers = {}
        self.waiting = set()
        self.next_id = 0
        self._open()

    def _open(self):
        self.close()
        with suppress(ConfError):  # somebody may be writing them just now: the last ones hold
            self.keys = self.read_keys()
        self.nonce = random.getrandbits(63)
        self.socket = open_socket(zmq.DEALER, self.endpoint, self.keys, self.failed)
        for option, value in ((zmq.IMMEDIATE, 1), (zmq.RECONNECT_IVL, -1), (zmq.SNDTIMEO, 0),
                              (zmq.ROUTING_ID, f"{self.id}#{self.nonce:016x}".encode())):
            self.socket.setsockopt(option, value)
        connect(self.socket, self.endpoint)
        self.opened = self.heard = time.monotonic()
        self.greeted, self.beaten, self.view = False, 0.0, None

    def close(self):
        if self.socket is not None:
            if self.view is not None:
                self._send(BYE)
            self.socket.close(100)  # ms for the goodbye
            self.socket = None

    def _send(self, *args, **kwargs):
        try:
            self.socket.send(encode(*args, from_=self.id, view=self.view or NO_VIEW, **kwargs), zmq.DONTWAIT)
            return True
        except zmq.Again:
            return False

    def tick(self):
        now = time.monotonic()
        if self.greeted and now - self.heard > self.SILENCE or not self.greeted and now - self.opened > self.REOPEN:
            self._lose()
        if not self.greeted:
            me = [self.id, 4, self.boot, self.nonce, "", 0, "", False]
            self.greeted = self._send(HELLO, body=msgpack.packb([me, list(NO_VIEW), os.getpid()]))
            self.heard = now
        elif self.view is not None and now - self.beaten >= self.BEAT:
            self._send(BEAT)
            self.beaten = now

    def _lose(self):
        for id_ in self.waiting:
            self.answers[id_] = (8, b"")
        self.waiting.clear()
        self.failed += self.view is None
        self._open()

    def receive(self):
        """Takes in everything that waits."""
        while True:
            try:
                data = self.socket.recv(zmq.DONTWAIT)
            except zmq.Again:
                return
            try:
                self._take(decode(data))
            except (WireError, TypeError, ValueError, AttributeError, IndexError):
                continue  # a newer broker may say what we do not understand

    def _take(self, envelope):
        self.heard = time.monotonic()
        if envelope.kind == WELCOME:
            self.view = view_from(unpack(envelope.body)[0])
            self.refused = None
        elif envelope.kind == VIEW:
            self.view = view_from(unpack(envelope.body))
        elif envelope.kind == REFUSED:
            self.refused = unpack(envelope.body)[0]
            self._lose()
        elif envelope.kind == REPLY and envelope.id in self.waiting:
            self.waiting.discard(envelope.id)
            self.answers[envelope.id] = (envelope.code, envelope.body)

    def call(self, server, route, body=b""):
        """Sends a call; the answer (code, body) appears in answers under the returned id."""
        self.next_id += 1
        if self._send(CALL, to=server, id=self.next_id, route=route, body=body):
            self.waiting.add(self.next_id)
        else:
            self.answers[self.next_id] = (8, b"")
        return self.next_id

    # ---- for commands that do one thing and end

    def wait(self, condition, seconds):
        """Runs the line until condition() holds; its last value."""
        end = time.monotonic() + seconds
        while not (value := condition()) and time.monotonic() < end:
            self.tick()
            self.socket.poll(50)
            self.receive()
        return value

    def ask_all(self, servers, route, seconds=3.0):
        """id -> (code, body) of those who answered in time."""
        calls = {server: self.call(server, route) for server in servers}
        self.wait(lambda: all(id_ in self.answers for id_ in calls.values()), seconds)
        return {server: self.answers[id_] for server, id_ in calls.items() if id_ in self.answers}
