"""A copy of every envelope that the broker receives, one line each. A monitor that is too slow misses some: the broker
waits for nobody. Says on stderr when the broker has gone, and when it is back."""

import argparse
import json
import os
import signal
import sys
import time
from collections import Counter
from datetime import datetime

import zmq
from zmq.utils.monitor import recv_monitor_message

from . import conf as conf_module
from . import wire
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
    parser.add_argument("--body", action="store_true", help="bodies too")
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

    def __init__(self, options):
        self.endpoint = options.endpoint or conf_module.load(options.conf, options.env).broker.endpoint("tapPort")
        self.socket = wire.open_socket(zmq.SUB, self.endpoint)
        self.socket.setsockopt(zmq.SUBSCRIBE, b"")
        self.events = self.socket.get_monitor_socket(zmq.EVENT_HANDSHAKE_SUCCEEDED | zmq.EVENT_DISCONNECTED)
        self.events.setsockopt(zmq.LINGER, 0)
        try:
            self.socket.connect(self.endpoint)
        except zmq.ZMQError as error:
            raise ConfError(f"{self.endpoint}: {error}") from None
        if not self.events.poll(1000):
            _note(f"no broker at {self.endpoint} yet; waiting")
        self.poller = zmq.Poller()
        for socket in (self.socket, self.events):
            self.poller.register(socket, zmq.POLLIN)

    def poll(self, seconds):
        ready = dict(self.poller.poll(None if seconds is None else 1000 * seconds))
        if self.events in ready:
            up = recv_monitor_message(self.events)["event"] == zmq.EVENT_HANDSHAKE_SUCCEEDED
            _note(f"listening at {self.endpoint}" if up else f"the broker at {self.endpoint} has gone; waiting for it")


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
        return f"{_now()} undecodable {len(frame)} B: {error}: {frame[:32].hex()}"
    to = ",".join(envelope.to) or "-"
    kind, route = wire.KIND_NAMES[envelope.kind], envelope.route or "-"
    if envelope.code:
        kind += f":{wire.ERRORS.get(envelope.code, envelope.code)}"
    line = f"{_now()} {kind:9} {clean(envelope.from_):18} > {clean(to):18} {clean(route):30} {clean(envelope.room) or '-'} {size} B"
    return f"{line} {body_text(envelope.body)}" if body and envelope.body else line


def _as_json(envelope, size, body):
    if envelope is None:
        frame, error = size
        return json.dumps({"time": time.time(), "undecodable": str(error), "size": len(frame), "hex": frame[:32].hex()})
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
    broker = conf_module.load(options.conf, options.env).broker
    peer = wire.Peer(broker.endpoint("port"))
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
