"""conf/servers.json as the tools read it: what runs here, and where it is reached."""

import errno
import json
import socket
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from citronctl import conf
from citronctl.conf import ConfError, Server

ELSEWHERE = "192.0.2.1"  # of a network that is for documentation only


def server(host="127.0.0.1", bind="", kind="connector", **ports):
    return Server("s1", kind, "development.connector[0]", host, bind, ports)


def broker_of(line):
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "servers.json").write_text(json.dumps({"development": {"broker": [line]}}))
        return conf.load(folder, "development").broker


class WhatRunsHere(unittest.TestCase):
    def test_the_host_decides_whatever_it_listens_on(self):
        self.assertTrue(conf.is_local(server("127.0.0.1")))
        self.assertTrue(conf.is_local(server("localhost", "0.0.0.0")))
        self.assertFalse(conf.is_local(server(ELSEWHERE)))
        self.assertFalse(conf.is_local(server(ELSEWHERE, "0.0.0.0")))
        self.assertFalse(conf.is_local(server(ELSEWHERE, "127.0.0.1")))

    def test_a_broker_reached_by_ipc_is_here_whatever_its_host_is(self):
        line = {"host": ELSEWHERE, "bind": "127.0.0.1"}
        for transport, local in (("ipc", True), ("tcp", False), ("auto", False)):
            self.assertEqual(conf.is_local(broker_of({**line, "transport": transport})), local, transport)
        self.assertTrue(conf.is_local(broker_of({"host": "no.such.host.invalid", "bind": "127.0.0.1", "transport": "ipc"})))

    def test_a_host_that_does_not_exist_is_named(self):
        with self.assertRaisesRegex(ConfError, r"development.connector\[0\].host: no.such.host.invalid: no such host"):
            conf.is_local(server("no.such.host.invalid"))


class WhereItIsReached(unittest.TestCase):
    def test_at_its_host(self):
        self.assertEqual(server(ELSEWHERE).reachable_at, ELSEWHERE)
        self.assertEqual(server(ELSEWHERE, "0.0.0.0").reachable_at, ELSEWHERE)
        self.assertEqual(server(ELSEWHERE, "10.0.0.1").reachable_at, ELSEWHERE)
        self.assertEqual(server("127.0.0.2", "0.0.0.0").reachable_at, "127.0.0.2")

    def test_at_the_interface_when_it_runs_here_and_listens_there_only(self):
        self.assertEqual(server("127.0.0.1", "127.0.0.2").reachable_at, "127.0.0.2")

    def test_by_ipc_for_servers_at_the_interface_for_tools(self):
        line = {"host": ELSEWHERE, "transport": "ipc"}
        for bind, place in (("127.0.0.1", "127.0.0.1"), ("127.0.0.2", "127.0.0.2"), ("0.0.0.0", "127.0.0.1"), ("::", "::1")):
            self.assertEqual(broker_of({**line, "bind": bind}).reachable_at, place)
        self.assertEqual(broker_of(line).reachable_at, ELSEWHERE)  # where it cannot listen: it says so

    def test_every_interface_is_reached_by_loopback(self):
        self.assertEqual([server(host).reachable_at for host in ("0.0.0.0", "*", "::")], ["127.0.0.1", "127.0.0.1", "::1"])

    def test_the_tap_is_on_this_machine_alone(self):
        broker = server("127.0.0.2", "0.0.0.0", "broker", port=5550, tapPort=5552)
        self.assertEqual(broker.endpoint("port"), "tcp://127.0.0.2:5550")
        self.assertEqual(broker.endpoint("tapPort"), "tcp://127.0.0.1:5552")
        self.assertEqual((broker.bound("port"), broker.bound("tapPort")), ("0.0.0.0", "127.0.0.1"))

    def test_a_keyed_tap_is_where_the_rest_of_the_broker_is(self):
        broker = server("127.0.0.2", "0.0.0.0", "broker", port=5550, tapPort=5552)
        broker.keys = Path("conf/keys")
        self.assertEqual(broker.endpoint("tapPort"), "tcp://127.0.0.2:5552")
        self.assertEqual(broker.bound("tapPort"), "0.0.0.0")

    def test_ipv6_has_brackets(self):
        self.assertEqual(server("::1", kind="broker", port=5550).endpoint("port"), "tcp://[::1]:5550")


class WhereKeysAre(unittest.TestCase):
    def keys_of(self, line):
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "servers.json").write_text(json.dumps({"development": {"broker": [line]}}))
            keys = conf.load(folder, "development").broker.keys
            return keys and str(keys).replace(folder, "conf")

    def test_beside_the_file_or_at_a_place_of_their_own(self):
        self.assertIsNone(self.keys_of({}))
        self.assertEqual(self.keys_of({"keys": "keys"}), "conf/keys")
        self.assertEqual(self.keys_of({"keys": "/etc/citron"}), "/etc/citron")

    def test_what_names_no_folder_is_told(self):
        for value in ("", 7, None, "a\0b"):
            with self.assertRaisesRegex(ConfError, r"development.broker\[0\].keys: must be the name of a folder"):
                self.keys_of({"keys": value})


class TimeToDrain(unittest.TestCase):
    def seconds(self, text, env="development"):
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "servers.json").write_text(json.dumps({env: {"broker": {}}}))
            if text is not None:
                (Path(folder) / "chat.json").write_text(text)
            return conf.load(folder, env).drain

    def test_is_that_of_chat_json(self):
        self.assertEqual(self.seconds('{"drainMs": 250}'), 0.25)
        self.assertEqual(self.seconds('{"drainMs": 250, "production": {"drainMs": 60000}}', "production"), 60)

    def test_is_the_servers_default_when_nothing_is_said_or_nobody_can_read_it(self):
        for text in (None, "{}", "{", "[]", '{"drainMs": "long"}'):
            self.assertEqual(self.seconds(text), 5)


class Tls(unittest.TestCase):
    def test_is_spoken_where_the_line_says_so(self):
        with tempfile.TemporaryDirectory() as folder:
            files = {"certificate": "a.pem", "key": "b.pem"}
            gate, connector = {"id": "g", "clientPort": 1, "tls": files}, {"id": "c", "clientPort": 2}
            (Path(folder) / "servers.json").write_text(json.dumps({"development": {
                "broker": {}, "gate": [gate], "connector": [connector]}}))
            self.assertEqual([server.tls for server in conf.load(folder, "development").servers], [True, False])


class Ports(unittest.TestCase):
    def setUp(self):
        self.taken = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(self.taken.close)
        self.port = self.taken.getsockname()[1]

    def test_a_taken_one_is_in_use(self):
        self.assertEqual(conf.obstacle("127.0.0.1", self.port), f"port {self.port} is already in use")
        self.assertIsNone(conf.obstacle("127.0.0.2", self.port))

    def test_other_obstacles_are_called_what_they_are(self):
        self.assertEqual(conf.obstacle(ELSEWHERE, 3050), f"cannot listen on {ELSEWHERE}:3050: Cannot assign requested address")
        with mock.patch.object(socket.socket, "bind", side_effect=PermissionError(errno.EACCES, "Permission denied")):
            self.assertEqual(conf.obstacle("127.0.0.1", 80), "cannot listen on 127.0.0.1:80: Permission denied")

    def test_a_tap_is_checked_where_it_will_be(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        broker = {"host": "127.0.0.2", "port": 1, "pubPort": 2, "tapPort": self.port}
        Path(folder.name, "servers.json").write_text(json.dumps({"development": {"broker": broker}}))
        loaded = conf.load(folder.name, "development")
        loaded.broker.ports = {"tapPort": self.port}
        with self.assertRaisesRegex(ConfError, rf"development.broker.tapPort: port {self.port} is already in use"):
            conf.check_ports_free(loaded, [loaded.broker])


if __name__ == "__main__":
    unittest.main()
