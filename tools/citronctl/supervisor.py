"""citron start: runs the servers of servers.json as children, says when the cluster is ready, ends it in order."""

import os
import re
import signal
import socket
import time
import traceback

import zmq

from . import conf as conf_module
from . import keys
from .child import BAD_CONFIGURATION, Child
from .conf import ConfError, Server
from .control import Listener, ask
from .lines import Lines
from .wire import Peer

BINARIES = {kind: f"citron-{kind}" for kind in ("broker", *conf_module.KINDS)}
ORDER_OF_END = ("gate", "connector", "chat", "broker")
TURN_MS = 100
PATIENCE_ADD = 20.0
SAME_KEYSTROKE = 0.3  # seconds; within them a second SIGINT is the first one, by another way
REMINDER = 10.0  # seconds between two lines that say what is still missing


class Supervisor:
    """One loop: children, the control socket, the line to the broker. run() returns the exit status."""

    def __init__(self, conf, options):
        self.conf, self.options = conf, options
        self.out, self.err = Lines(1), Lines(2)
        self.restart = options.restart
        self.children, self.waiting = {}, []
        self.unseen = set()  # ids of those that the start still waits for: ours, never up yet
        self.ending = self.ready = self.at_once = False
        self.status = 0
        self.told = None  # when the first signal came
        self.reminded = time.monotonic()

    def log(self, text):
        self.err.say(f"citron: {text}")

    # ---- starting

    def run(self):
        self._check()
        self.listener = Listener(self.options.run_dir)
        wake, woken = socket.socketpair()
        wake.setblocking(False)
        woken.setblocking(False)
        signal.set_wakeup_fd(woken.fileno(), warn_on_full_buffer=False)
        self._heed_signals()
        self.wake = wake
        self.peer = Peer(self.conf.broker.endpoint("port"), lambda: keys.load(self.conf), "citron")
        try:
            self._run_until_told()
            self._end()
        finally:
            for child in self.children.values():
                child.kill()
            for child in self.children.values():
                child.wait()
            self.listener.close()
            self.peer.close()
        return self.status

    def _run_until_told(self):
        """Whatever goes wrong here, the servers are ended in order."""
        try:
            self._launch_all()
            while not self.ending:
                self._turn()
        except Exception:
            self.log(f"a mistake of citron itself; every server is ended now\n{traceback.format_exc().rstrip()}")
            self.status = 1

    def _heed_signals(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            if signal.getsignal(number) is not signal.SIG_IGN:  # nohup's wish, say
                signal.signal(number, self._on_signal)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def _on_signal(self, number, _):
        """Only Ctrl-C may hurry: make passes a SIGTERM on that we may have had already."""
        now = time.monotonic()
        if self.told is None:
            self.ending, self.told = True, now
        elif number == signal.SIGINT and now - self.told > SAME_KEYSTROKE:
            self.at_once = True

    def _check(self):
        for name in dict.fromkeys(BINARIES[server.kind] for server in [self.conf.broker, *self.conf.servers]):
            if not os.access(self._binary(name, absolute=True), os.X_OK):
                raise ConfError(f"{self._binary(name)} is missing: make -f Makefile.dev build")
        keys.load(self.conf)
        running = ask(self.options.run_dir, {"command": "list"})
        if running and "error" in running:
            raise ConfError(running["error"])
        if running:
            raise ConfError(f"a cluster is already running in {self.options.run_dir} (citron, pid {running.get('pid')})")
        self.local = [server for server in [self.conf.broker, *self.conf.servers] if self._is_local(server)]
        conf_module.check_ports_free(self.conf, self.local)
        self.unseen = {server.id for server in self.local}

    def _launch_all(self):
        """The broker first: a mistake that all of them share is then said once, and nobody looks for it in vain."""
        broker, port = self.conf.broker, self.conf.broker.ports["port"]
        if broker in self.local:
            self._launch(broker)
            while not self.ending and not conf_module.accepts(broker.reachable_at, port):
                self._turn()
        for server in self.local:
            if server is not broker and not self.ending:
                self._launch(server)

    def _is_local(self, server):
        try:
            local = conf_module.is_local(server)
        except ConfError as error:
            raise ConfError(f"{self.conf.file}: {error}") from None
        if not local:
            self.log(f"{server.id} is not started here: {server.host} is not an address of this machine")
        return local

    def _binary(self, name, absolute=False):
        path = os.path.join(self.options.bin_dir, name)
        return os.path.join(self.options.root, path) if absolute else path

    def _launch(self, server):
        command = [self._binary(BINARIES[server.kind]), "--conf", self.options.conf, "--env", self.options.env,
                   "--run-dir", self.options.run_dir, "--id", server.id, *server.extra]
        drain = self.conf.drain if server.kind == "connector" else 0.0
        child = Child(server, command, self.options.root, self.restart, self.log, drain)
        child.start()
        self.children[server.id] = child
        return child

    # ---- running

    def _turn(self):
        poller = zmq.Poller()
        poller.register(self.peer.socket, zmq.POLLIN)
        for fd in (self.wake, *self.listener.fds()):
            poller.register(fd, zmq.POLLIN)
        poller.poll(TURN_MS)
        try:
            self.wake.recv(4096)
        except BlockingIOError:
            pass
        self.peer.receive()
        self.peer.tick()
        for child in self.children.values():
            child.tick()
        if not self.ready:
            self._look_for_trouble()
            self._look_for_readiness()
        for connection, request in self.listener.take():
            self._serve(connection, request)
        self._answer_waiting()

    def _look_for_trouble(self):
        """A start that cannot succeed ends. Once all of ours have been up it is over, and no server's end is the
        others': only servers of other hosts are waited for."""
        if self.peer.view is not None:
            self.unseen -= {self.conf.broker.id, *(server.id for server in self.peer.view.servers)}
        if not self.unseen:
            return
        for child in self.children.values():
            if child.exit == BAD_CONFIGURATION and child.state in ("pausing", "dead") and child.id in self.unseen:
                self.log(f"{child.id} refuses its configuration: see its line above")
                self.status, self.ending = BAD_CONFIGURATION, True
            elif child.state == "dead":
                self.log("the cluster cannot become ready")
                self.status, self.ending = 1, True

    def _look_for_readiness(self):
        missing = self._missing()
        if not missing:
            self.ready = True
            self.out.say(f"cluster ready: {self._url()}")
        elif time.monotonic() - self.reminded > REMINDER:
            self.reminded = time.monotonic()
            self.log("still waiting: " + "; ".join(missing))

    def _missing(self):
        """What keeps us from being ready, in words. Ports are tried only when everybody is in the view."""
        if self.peer.view is None:
            return [f"{self.conf.broker.id}: does not answer"]
        known = {server.id: server for server in self.peer.view.servers}
        missing = [f"{server.id}: not in the broker's view" for server in self.conf.servers if server.id not in known]
        if missing or not self.peer.view.ready:
            return missing or ["the broker still gathers its servers"]
        for server in self.local:
            for key in ("clientPort", "httpPort"):
                port = server.ports.get(key) or (key == "clientPort" and server.kind != "broker" and known[server.id].port)
                if port and not conf_module.accepts(server.reachable_at, port):
                    missing.append(f"{server.id}: {key} {port} does not accept yet")
        return missing

    def _url(self):
        web = next(iter(self.conf.web_servers()), None)
        if web is None:
            return "no web chat: servers.json names no gate and no connector"
        return f"{'https' if web.tls else 'http'}://{conf_module.bracketed(web.reachable_at)}:{web.ports['httpPort']}/"

    # ---- the commands

    def _serve(self, connection, request):
        answer = self._guarded(self._obey, request)
        if callable(answer):
            self.waiting.append((connection, answer, time.monotonic() + PATIENCE_ADD + self.conf.drain))
        else:
            self.listener.answer(connection, answer)

    def _guarded(self, action, *arguments):
        """Its answer. Nothing that a command asks for may end the cluster."""
        try:
            return action(*arguments)
        except (ConfError, OSError) as error:
            return {"error": str(error)}
        except Exception as error:
            self.log(f"a mistake of citron itself\n{traceback.format_exc().rstrip()}")
            return {"error": f"a mistake of citron itself: {error!r}"}

    def _answer_waiting(self):
        """Commands that take their time: answered when their question has an answer, or is too old."""
        for entry in list(self.waiting):
            connection, question, deadline = entry
            answer = self._guarded(question)
            if answer is None and time.monotonic() >= deadline:
                answer = {"error": f"not done after {PATIENCE_ADD + self.conf.drain:.0f} s; see citron list"}
            if answer is not None:
                self.waiting.remove(entry)
                self.listener.answer(connection, answer)

    def _obey(self, request):
        if not all(isinstance(request.get(key), (str, type(None))) for key in ("command", "id", "kind")):
            return {"error": "command, id and kind must be texts"}
        serve = {"list": self._list, "stop": self._stop, "restart": self._restart, "add": self._add,
                 "reload": self._reload}.get(request.get("command"))
        return serve(request) if serve else {"error": "no such command"}

    def _list(self, _):
        now = time.monotonic()
        return {"pid": os.getpid(), "ready": self.ready, "servers": [
            {"id": child.id, "kind": child.server.kind, "pid": child.pid, "state": child.state, "restarts": child.restarts,
             "uptime": now - child.started if child.pid else None} for child in self.children.values()]}

    def _stop(self, request):
        child = self.children.get(request.get("id"))
        if child is None:
            return {"error": f"{request.get('id')}: no such server here"}
        if child.state in ("stopped", "dead"):
            return {"error": f"{child.id} is not running"}
        self.unseen.discard(child.id)
        child.stop()
        return lambda: {"id": child.id, "exit": child.exit} if child.state == "stopped" else None

    def _reload(self, request):
        """Which servers were told; what they think of their files is in their logs."""
        wanted = request.get("id")
        if wanted is not None and wanted not in self.children:
            return {"error": f"{wanted}: no such server here"}
        running = [child for child in self.children.values() if child.state == "running" and wanted in (None, child.id)]
        if not running and wanted is not None:
            return {"error": f"{wanted} is not running"}
        for child in running:
            child.reload()
        return {"servers": [child.id for child in running]}

    def _restart(self, request):
        child = self.children.get(request.get("id"))
        if child is None:
            return {"error": f"{request.get('id')}: no such server here"}
        if child.state != "running":
            return {"error": f"{child.id} is not running"}
        former = {server.id: server.boot for server in self._servers_in_view() if not server.draining}
        question = self._is_back(child, child.pid, former)
        child.start_anew()
        return question

    def _is_back(self, child, pid, former):
        """Asks whether it runs anew, is in the view like all that were before, and accepts."""
        def question():
            if child.state in ("pausing", "dead", "stopping", "stopped"):
                return {"error": f"{child.id} {child.how or 'was stopped'}; see its line in the log"}
            known = {server.id: server.boot for server in self._servers_in_view() if not server.draining}
            anew = child.state == "running" and child.pid != pid
            in_view = child.server.kind == "broker" or known.get(child.id) not in (None, former.get(child.id))
            whole = self.peer.view is not None and self.peer.view.ready and former.keys() <= known.keys()
            if not (anew and in_view and whole and self._accepts(child.server)):
                return None
            return {"id": child.id, "pid": child.pid, "exit": child.exit}
        return question

    def _accepts(self, server):
        ports = [server.ports.get(key) for key in ("port", "clientPort", "httpPort")]
        return all(conf_module.accepts(server.reachable_at, port) for port in ports if port)

    def _add(self, request):
        kind, id_, port = request.get("kind"), request.get("id"), request.get("port")
        if kind not in ("chat", "connector"):
            return {"error": "only a chat server or a connector can be added"}
        if id_ is not None and not re.fullmatch(r"[A-Za-z0-9._-]{1,64}", id_):
            return {"error": "--id: must be 1 to 64 characters of A-Z a-z 0-9 . _ -"}
        if port is not None and (type(port) is not int or not 0 <= port <= 65535):
            return {"error": "--client-port: must be a port, 0 to 65535"}
        if why := self._obstacle_to(id_):
            return {"error": f"{id_} {why}"}
        if id_ in self.children:
            server = self.children[id_].server
        else:
            server = self._new_server(kind, id_ or _free_id(kind, self._known_ids()), port)
        if server.kind != kind:
            return {"error": f"{id_} is a {server.kind} server"}
        child = self._launch(server)
        return lambda: self._added(child)

    def _obstacle_to(self, id_):
        """Why no server may be started under it here, or None."""
        running = id_ in self.children and self.children[id_].state not in ("stopped", "dead")
        if running or any(server.id == id_ for server in self._servers_in_view()):
            return "is already running"
        line = next((server for server in [self.conf.broker, *self.conf.servers] if server.id == id_), None)
        return f"belongs to {line.host} (servers.json)" if line and id_ not in self.children else None

    def _known_ids(self):
        """Also of servers that are down: they may come back."""
        return {server.id for server in [self.conf.broker, *self.conf.servers, *self._servers_in_view()]} | self.children.keys()

    def _servers_in_view(self):
        return self.peer.view.servers if self.peer.view else []

    def _new_server(self, kind, id_, port):
        first = next(iter(self.conf.of_kind(kind)), Server("", kind, ""))
        server = Server(id_, kind, "--client-port", first.host, first.bind)  # as the server itself takes them
        if kind == "connector":
            server.ports["clientPort"] = self._free_port(server) if port is None else port
            if port and (why := conf_module.obstacle(server.bound("clientPort"), port)):
                raise ConfError(f"--client-port: {why}")
            server.extra = ["--client-port", str(server.ports["clientPort"])]
        return server

    def _free_port(self, server):
        """The next one after the highest connector's; 0 (any) when servers.json leaves the ports to the system."""
        connectors = [child.server for child in self.children.values() if child.server.kind == "connector"]
        ports = [server.ports["clientPort"] for server in connectors]
        if not ports or 0 in ports:
            return 0
        host = server.bound("clientPort")
        return next((port for port in range(max(ports) + 1, 65536) if not conf_module.obstacle(host, port)), 0)

    def _added(self, child):
        if child.state != "running":
            child.stop()
            return {"error": f"{child.id} {child.how or 'was stopped'}; see its line in the log"}
        server = next((server for server in self._servers_in_view() if server.id == child.id), None)
        return server and {"id": child.id, "pid": child.pid, "port": server.port}

    # ---- ending

    def _end(self):
        """Whoever holds clients first, the broker last; the next kind only when the one before is gone."""
        for kind in ORDER_OF_END:
            group = [child for child in self.children.values() if child.server.kind == kind]
            for child in group:
                child.stop()
            while any(child.process is not None for child in group):
                time.sleep(TURN_MS / 1000 / 5)
                if self.at_once:
                    self.log("every server is killed now")
                    self.status = 130
                    return
                for child in self.children.values():
                    if child.state != "pausing":
                        child.tick()
        for connection, _, _ in self.waiting:
            self.listener.answer(connection, {"error": "the cluster is being stopped"})


def _free_id(kind, known):
    """chat-server-4 after chat-server-1, -2, -3."""
    number = 1
    while f"{kind}-server-{number}" in known:
        number += 1
    return f"{kind}-server-{number}"
