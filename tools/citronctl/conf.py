"""conf/servers.json as the tools need it: who is to run, and which ports that takes."""

import errno
import json
import socket
from dataclasses import dataclass, field
from pathlib import Path

KINDS = ("gate", "connector", "chat")
BROKER_PORTS = {"port": 5550, "pubPort": 5551, "tapPort": 5552}
HTTP_PORT = 3001


class ConfError(Exception):
    """One line that names file and key. The command prints it and exits 2."""


@dataclass
class Server:
    """One line of servers.json. Ports: key -> number, in the order of the file; 0 = any free port."""

    id: str
    kind: str
    where: str  # "development.connector[1]"
    host: str = "127.0.0.1"
    bind: str = ""
    ports: dict = field(default_factory=dict)
    extra: list = field(default_factory=list)  # further options of its command line

    @property
    def listens_on(self):
        return self.bind or self.host

    @property
    def reachable_at(self):
        """An address of this machine that leads to where it listens."""
        return {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1", "*": "127.0.0.1"}.get(self.listens_on, self.listens_on)


@dataclass
class Conf:
    file: Path
    env: str
    broker: Server
    servers: list  # gate, connectors, chat servers, in the order of the file

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
    conf = Conf(file, env, _broker(file, env, section["broker"]), servers)
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
    return Server(_text(file, where, value, "id", "broker-1"), "broker", where, _text(file, where, value, "host", "127.0.0.1"),
                  _text(file, where, value, "bind", ""), ports)


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
            name, place = f"{server.where}.{key}", (server.listens_on, port)
            if port and place in ports:
                raise ConfError(f"{conf.file}: {name}: {port} is also {ports[place]}")
            ports[place] = name


def is_local(server):
    """Can this machine listen where the server is to listen? Tells a cluster of several machines apart."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(server.reachable_at, 0, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.bind(address)
        return True
    except socket.gaierror:
        raise ConfError(f"{server.where}: {server.listens_on}: no such host") from None
    except OSError:
        return False


def is_free(host, port):
    """Could a server listen there now?"""
    family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
            return True
        except OSError as error:
            if error.errno in (errno.EADDRINUSE, errno.EACCES):
                return False
            raise


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
            host = "0.0.0.0" if server.listens_on in ("", "*") else server.listens_on
            if port and not is_free(host, port):
                raise ConfError(f"{conf.file}: {server.where}.{key}: port {port} is already in use")
