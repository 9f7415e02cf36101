"""A copy of every envelope that the broker receives, one line each. A monitor that is too slow misses some: the broker
waits for nobody. Says on stderr when the broker has gone, and when it is back."""

import argparse
import json
import os
import signal
import sys
import time
from collections import Counter
from contextlib import suppress
from datetime import datetime

import zmq
from zmq.utils.monitor import recv_monitor_message

from . import conf as conf_module
from . import keys, wire
from .commands import ROOT
from .conf import ConfError
from .printing import body_text, clean


def main():
    options = _parse()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.stdout.reconfigure(errors="backslashreplace")  # names are not limited to the terminal's character set
    try:
        options.run(options)
    except ConfError as error:
        print(f"zmq_monitor: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        pass
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # or the interpreter complains at exit
    return 0


def _parse():
    parser = argparse.ArgumentParser(prog="zmq_monitor", description=__doc__)
    parser.add_argument("--conf", default="conf", help="folder with servers.json (default: conf)")
    parser.add_argument("--env", default="development", help="section of servers.json (default: development)")
    parser.add_argument("--endpoint", help="the broker's tap, e.g. tcp://127.0.0.1:5552 (default: from servers.json)")
    parser.add_argument("--room", help="only envelopes of this room")
    parser.add_argument("--route", help="only routes that contain this")
    parser.add_argument("--from", dest="from_", metavar="ID", help="only from this server")
    parser.add_argument("--body", action="store_true", help="bodies too, but for keys and tokens in them")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--stats", dest="run", action="store_const", const=_stats, help="rates per route, every second")
    mode.add_argument("--sockets", dest="run", action="store_const", const=_sockets, help="peers that come and go, as the broker sees them")
    parser.set_defaults(run=_lines)
    options = parser.parse_args()
    if options.conf == "conf" and not os.path.exists("conf/servers.json"):
        options.conf = str(ROOT / "conf")
    return options


class Tap:
    """The line to the broker's tap. It opens itself anew when the broker comes back."""

    FAILED_KEYED = {zmq.EVENT_HANDSHAKE_FAILED_AUTH: "does not let our key in", zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL: "asks for no keys",
                    zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL: "does not have the key in broker.public"}
    FAILED_PLAIN = {zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL: "asks for a key", zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL: "may ask for a key"}

    def __init__(self, options):
        self.endpoint, self.read_keys = _where(options)
        self.keys = self.read_keys()
        self.failures = self.FAILED_KEYED if self.keys else self.FAILED_PLAIN
        self.failed, self.told = 0, None
        self.socket = wire.open_socket(zmq.SUB, self.endpoint, self.keys)
        self.socket.setsockopt(zmq.SUBSCRIBE, b"")
        self.socket.setsockopt(zmq.RECONNECT_IVL, 300)  # ms; who is refused asks again for ever
        self.events = self.socket.get_monitor_socket(sum(self.failures) | zmq.EVENT_HANDSHAKE_SUCCEEDED | zmq.EVENT_DISCONNECTED)
        self.events.setsockopt(zmq.LINGER, 0)
        wire.connect(self.socket, self.endpoint)
        if not self.events.poll(1000):
            _note(f"no broker at {self.endpoint} yet; waiting")
        self.poller = zmq.Poller()
        for socket in (self.socket, self.events):
            self.poller.register(socket, zmq.POLLIN)

    def poll(self, seconds):
        ready = dict(self.poller.poll(None if seconds is None else 1000 * seconds))
        if self.events in ready:
            self._take(recv_monitor_message(self.events)["event"])

    def _take(self, event):
        if event == zmq.EVENT_HANDSHAKE_SUCCEEDED:
            self._tell(f"listening at {self.endpoint}")
        elif event not in self.failures:  # disconnected: of that which never was there is nothing to say
            if self.told and self.told.startswith("listening"):
                self._tell(f"the broker at {self.endpoint} has gone; waiting for it")
        else:
            self._tell(f"the broker at {self.endpoint} {self.failures[event]}; trying on")
            self._try_next_key()

    def _tell(self, text):
        """Once, until something else is true."""
        if text != self.told:
            self.told = text
            _note(text)

    def _try_next_key(self):
        """The broker's, or our own, may have been changed."""
        if self.keys is None:
            return
        with suppress(ConfError):  # somebody may be writing them just now: the last ones hold
            self.keys = self.read_keys() or self.keys
        self.failed += 1
        self.keys.lock(self.socket, self.failed)
        self.socket.disconnect(self.endpoint)
        self.socket.connect(self.endpoint)


def _where(options):
    """The tap, and what reads the keys for it."""
    try:
        conf = conf_module.load(options.conf, options.env)
    except ConfError:
        if options.endpoint:
            return options.endpoint, lambda: None
        raise
    return options.endpoint or conf.broker.endpoint("tapPort"), lambda: keys.load(conf)


def _note(text):
    print(f"zmq_monitor: {text}", file=sys.stderr, flush=True)


def _frames(options, seconds=None):
    """Yields (envelope, size) or (None, frame); None alone when everything that waited has been yielded."""
    tap = Tap(options)
    socket = tap.socket
    while True:
        tap.poll(seconds)
        try:
            while True:
                frame = socket.recv(zmq.DONTWAIT)
                try:
                    envelope = wire.decode(frame)
                except wire.WireError as error:
                    yield None, (frame, error)
                    continue
                if _wanted(envelope, options):
                    yield envelope, len(frame)
        except zmq.Again:
            yield None


def _wanted(envelope, options):
    return (options.room is None or envelope.room == options.room) and \
        (options.route is None or options.route in envelope.route) and \
        (options.from_ is None or envelope.from_ == options.from_)


# ---- one line each

def _lines(options):
    write, form = sys.stdout.write, _as_json if options.json else _as_text
    for item in _frames(options):
        if item is None:
            sys.stdout.flush()
            continue
        write(form(*item, options.body) + "\n")


def _now():
    return datetime.now().strftime("%H:%M:%S.%f")[:-3]


def _as_text(envelope, size, body):
    if envelope is None:
        frame, error = size
        return f"{_now()} undecodable {len(frame)} B: {clean(str(error))}" + (f": {frame[:32].hex()}" if body else "")
    to = ",".join(envelope.to) or "-"
    kind, route = wire.KIND_NAMES[envelope.kind], envelope.route or "-"
    if envelope.code:
        kind += f":{wire.ERRORS.get(envelope.code, envelope.code)}"
    line = f"{_now()} {kind:9} {clean(envelope.from_):18} > {clean(to):18} {clean(route):30} {clean(envelope.room) or '-'} {size} B"
    return f"{line} {body_text(envelope.body)}" if body and envelope.body else line


def _as_json(envelope, size, body):
    if envelope is None:
        frame, error = size
        shown = {"hex": frame[:32].hex()} if body else {}
        return json.dumps({"time": time.time(), "undecodable": str(error), "size": len(frame), **shown})
    value = {"time": time.time(), "kind": wire.KIND_NAMES[envelope.kind], "from": envelope.from_, "to": envelope.to,
             "room": envelope.room, "route": envelope.route, "id": envelope.id,
             "view": [envelope.view_broker, envelope.view_number], "code": wire.ERRORS.get(envelope.code, envelope.code),
             "size": size}
    if body:
        value["body"] = body_text(envelope.body)
    return json.dumps(value)


# ---- rates

def _stats(options):
    counts, sizes, last = Counter(), Counter(), time.monotonic()
    for item in _frames(options, 0.2):
        if item is not None:
            envelope, size = item
            name = "(undecodable)" if envelope is None else envelope.route or f"({wire.KIND_NAMES[envelope.kind]})"
            counts[name] += 1
            sizes[name] += len(size[0]) if envelope is None else size
        if (passed := time.monotonic() - last) >= 1:
            _print_rates(counts, sizes, passed, options.json)
            counts, sizes, last = Counter(), Counter(), time.monotonic()


def _print_rates(counts, sizes, seconds, as_json):
    rates = {name: (counts[name] / seconds, sizes[name] / seconds) for name in sorted(counts)}
    if as_json:
        print(json.dumps({"time": time.time(), "routes": {n: {"per_second": r, "bytes_per_second": b} for n, (r, b) in rates.items()}}))
    else:
        print(f"{_now()} {sum(counts.values()) / seconds:.0f} envelopes/s")
        for name, (rate, size) in rates.items():
            print(f"  {clean(name):34} {rate:8.1f}/s {size / 1000:10.1f} kB/s")
    sys.stdout.flush()


# ---- who comes and goes

def _sockets(options):
    """As a tool we are told every view; what differs between two of them has happened."""
    conf = conf_module.load(options.conf, options.env)
    broker, peer = conf.broker, wire.Peer(conf.broker.endpoint("port"), lambda: keys.load(conf))
    known, here = {}, False
    if not peer.wait(lambda: peer.view, 1):
        _note(f"no broker at {peer.endpoint} yet; waiting")
    while True:
        peer.tick()
        peer.socket.poll(100)
        peer.receive()
        if here != (peer.view is not None):
            here = not here
            _tell(options, "joined" if here else "left", broker.id, "broker", peer.endpoint)
        if peer.view is not None:
            known = _compare(options, known, {server.id: server for server in peer.view.servers})


def _compare(options, known, now):
    for id_ in known.keys() - now.keys():
        _tell(options, "left", id_, wire.SERVER_KINDS[known[id_].kind])
    for id_, server in now.items():
        before = known.get(id_)
        address = f"{server.host}:{server.port}" if server.port else ""
        event = "joined" if before is None or before.boot != server.boot else \
            "again" if before.nonce != server.nonce else \
            "draining" if server.draining and not before.draining else None
        if event:
            _tell(options, event, id_, wire.SERVER_KINDS[server.kind], address)
    return now


def _tell(options, event, id_, kind, address=""):
    if options.json:
        print(json.dumps({"time": time.time(), "event": event, "id": id_, "kind": kind, "address": address}), flush=True)
    else:
        print(f"{_now()} {event:9} {clean(id_):20} {kind:10} {clean(address)}".rstrip(), flush=True)
