"""conf/servers.json as the tools need it: who is to run, and which ports that takes."""

import errno
import json
import socket
from dataclasses import dataclass, field
from pathlib import Path

KINDS = ("gate", "connector", "chat")
BROKER_PORTS = {"port": 5550, "pubPort": 5551, "tapPort": 5552}
HTTP_PORT = 3001
LOOPBACK = "127.0.0.1"
HERE = {"": LOOPBACK, "*": LOOPBACK, "0.0.0.0": LOOPBACK, "::": "::1"}  # every interface -> one that leads to it from here


class ConfError(Exception):
    """One line that names file and key. The command prints it and exits 2."""


@dataclass
class Server:
    """One line of servers.json. Ports: key -> number, in the order of the file; 0 = any free port."""

    id: str
    kind: str
    where: str  # "development.connector[1]"
    host: str = LOOPBACK
    bind: str = ""
    ports: dict = field(default_factory=dict)
    extra: list = field(default_factory=list)  # further options of its command line
    keys: Path = None  # the broker: folder with everybody's CURVE keys; None: connections are plain
    tls: bool = False  # its client port and its web port speak TLS
    ipc: bool = False  # the broker: all servers reach it by ipc, so all run on one machine, whatever its host says

    @property
    def reachable_at(self):
        """Where it is reached from here: its host, unless it runs here and listens on another interface only."""
        if self.bind and (self.ipc or self._is_elsewhere()):
            return HERE.get(self.bind, self.bind)
        return HERE.get(self.host, self.host)

    def _is_elsewhere(self):
        return self.bind not in HERE and self.bind != self.host and _is_ours(self.host)

    def bound(self, key):
        """The address on which this port is opened. The tap shows everything: without keys, to this machine alone."""
        listens_on = self.bind or self.host
        return LOOPBACK if self._hidden(key) else "0.0.0.0" if listens_on == "*" else listens_on

    def endpoint(self, key):
        """Where ZeroMQ connects to reach this port."""
        host = LOOPBACK if self._hidden(key) else self.reachable_at
        return f"tcp://{bracketed(host)}:{self.ports[key]}"

    def _hidden(self, key):
        return key == "tapPort" and self.keys is None


@dataclass
class Conf:
    file: Path
    env: str
    broker: Server
    servers: list  # gate, connectors, chat servers, in the order of the file
    drain: float = 5.0  # seconds over which a connector that ends tells its clients

    def of_kind(self, kind):
        return [server for server in self.servers if server.kind == kind]

    def web_servers(self):
        """Who serves www/: every gate; without any, the first connector."""
        return self.of_kind("gate") or self.of_kind("connector")[:1]


def load(conf_dir, env):
    file = Path(conf_dir) / "servers.json"
    section = _section(file, env)
    for key in section.keys() - {"broker", *KINDS}:
        raise ConfError(f"{file}: {env}.{key}: is no server type (broker, gate, connector, chat)")
    servers = []
    for kind in KINDS:
        lines = section.get(kind, [])
        if not isinstance(lines, list):
            raise ConfError(f"{file}: {env}.{kind}: must be a list")
        servers += [_server(file, f"{env}.{kind}[{i}]", kind, line) for i, line in enumerate(lines)]
    if "broker" not in section:
        raise ConfError(f"{file}: {env}.broker: is missing")
    conf = Conf(file, env, _broker(file, env, section["broker"]), servers, _drain(Path(conf_dir) / "chat.json", env))
    for server in conf.web_servers():
        server.ports["httpPort"] = _http_port(file, server, section)
    _check_unique(conf)
    return conf


def _section(file, env):
    try:
        whole = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfError(f"{file}: no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfError(f"{file}: cannot be read: {error}") from None
    except json.JSONDecodeError as error:
        raise ConfError(f"{file}: line {error.lineno}, column {error.colno}: {error.msg}") from None
    if not isinstance(whole, dict) or not isinstance(whole.get(env), dict):
        raise ConfError(f"{file}: {env}: no such section")
    return whole[env]


def _drain(file, env):
    """drainMs of chat.json, in seconds. What is wrong with that file the servers say themselves."""
    try:
        whole = json.loads(file.read_text(encoding="utf-8"))
        value = {**whole, **whole.get(env, {})}.get("drainMs", 5000)
        return min(max(int(value), 0), 600_000) / 1000
    except (OSError, ValueError, TypeError, AttributeError):
        return 5.0


def _broker(file, env, value):
    where = f"{env}.broker"
    if isinstance(value, list) and len(value) == 1:
        value, where = value[0], f"{where}[0]"
    if not isinstance(value, dict):
        raise ConfError(f"{file}: {where}: must be an object")
    ports = {key: _port(file, where, value, key, default) for key, default in BROKER_PORTS.items()}
    for key, port in ports.items():
        if port == 0:
            raise ConfError(f"{file}: {where}.{key}: must not be 0: the other servers must know it")
    keys = file.parent / _folder(file, where, value["keys"]) if "keys" in value else None
    return Server(_text(file, where, value, "id", "broker-1"), "broker", where, _text(file, where, value, "host", "127.0.0.1"),
                  _text(file, where, value, "bind", ""), ports, keys=keys, ipc=value.get("transport") == "ipc")


def _folder(file, where, value):
    if not isinstance(value, str) or not value or "\0" in value:
        raise ConfError(f"{file}: {where}.keys: must be the name of a folder")
    return value


def _http_port(file, server, section):
    line = section[server.kind][int(server.where[:-1].rpartition("[")[2])]
    port = _port(file, server.where, line, "httpPort", HTTP_PORT)
    if port == 0:
        raise ConfError(f"{file}: {server.where}.httpPort: must not be 0: browsers must know it")
    return port


def _server(file, where, kind, line):
    if not isinstance(line, dict):
        raise ConfError(f"{file}: {where}: must be an object")
    server = Server(_text(file, where, line, "id", None), kind, where, _text(file, where, line, "host", "127.0.0.1"),
                    _text(file, where, line, "bind", ""))
    if kind != "chat":
        server.ports["clientPort"] = _port(file, where, line, "clientPort", 0)
        server.tls = "tls" in line
    return server


def _text(file, where, line, key, default):
    value = line.get(key, default)
    if not isinstance(value, str) or (key == "id" and not value):
        raise ConfError(f"{file}: {where}.{key}: must be a text")
    return value


def _port(file, where, line, key, default):
    value = line.get(key, default)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 65535:
        raise ConfError(f"{file}: {where}.{key}: must be a port, 0 to 65535")
    return value


def _check_unique(conf):
    ids, ports = {}, {}
    for server in [conf.broker, *conf.servers]:
        if server.id in ids:
            raise ConfError(f"{conf.file}: {server.where}.id: {server.id} is also the id of {ids[server.id]}")
        ids[server.id] = server.where
        for key, port in server.ports.items():
            name, place = f"{server.where}.{key}", (server.bound(key), port)
            if port and place in ports:
                raise ConfError(f"{conf.file}: {name}: {port} is also {ports[place]}")
            ports[place] = name


def bracketed(host):
    """As it stands before a port."""
    return f"[{host}]" if ":" in host else host


def _resolved(host, port=0):
    """(family, address) as the servers resolve it: IPv4 where a name has both."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return min(((family, address) for family, _, _, _, address in found), key=lambda one: one[0] != socket.AF_INET)


def _is_ours(host):
    """Is this an address of this machine? None: there is no such host."""
    try:
        family, address = _resolved(HERE.get(host, host))
    except (OSError, UnicodeError):
        return None
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.bind(address)
        return True
    except OSError:
        return False


def is_local(server):
    """Does it run on this machine? Tells a cluster of several machines apart."""
    if server.ipc:
        return True
    ours = _is_ours(server.host)
    if ours is None:
        raise ConfError(f"{server.where}.host: {server.host}: no such host")
    return ours


def obstacle(host, port):
    """Why a server could not listen there now, or None."""
    try:
        family, address = _resolved(host, port)
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return f"port {port} is already in use"
        return f"cannot listen on {bracketed(host)}:{port}: {error.strerror}"
    return None


def accepts(host, port):
    """Does somebody accept connections there?"""
    try:
        with socket.create_connection((host, port), timeout=0.3):
            return True
    except OSError:
        return False


def check_ports_free(conf, servers):
    for server in servers:
        for key, port in server.ports.items():
            if port and (why := obstacle(server.bound(key), port)):
                raise ConfError(f"{conf.file}: {server.where}.{key}: {why}")
