"""What the supervisor decides, of children that are not there."""

import os
import signal
import unittest
from pathlib import Path
from types import SimpleNamespace

from citronctl.conf import Conf, Server
from citronctl.supervisor import Supervisor

HERE, ELSEWHERE = "127.0.0.1", "192.0.2.1"  # a network that is for documentation only


def child_of(server, state="running", exit_=None):
    return SimpleNamespace(server=server, id=server.id, state=state, exit=exit_, stop=lambda: None)


class TwoHosts(unittest.TestCase):
    """Ours has the broker, a connector and two chat servers; the third chat server is the other's."""

    def setUp(self):
        broker, connector = Server("broker-1", "broker", ""), Server("connector-server-1", "connector", "")
        chats = [Server(f"chat-server-{number}", "chat", "", host) for number, host in ((1, HERE), (2, HERE), (3, ELSEWHERE))]
        conf = Conf(Path("servers.json"), "development", broker, [connector, *chats])
        self.supervisor = Supervisor(conf, SimpleNamespace(restart=True))
        self.said = []
        self.supervisor.log = self.said.append
        self.supervisor.peer = SimpleNamespace(view=None)
        self.ours = [broker, connector, *chats[:2]]
        self.supervisor.unseen = {server.id for server in self.ours}
        self.supervisor.children = {server.id: child_of(server) for server in self.ours}

    def see(self, *ids):
        self.supervisor.peer.view = SimpleNamespace(servers=[SimpleNamespace(id=id_) for id_ in ids], ready=False)

    def end(self, id_, exit_, state="pausing"):
        self.supervisor.children[id_].state, self.supervisor.children[id_].exit = state, exit_

    def verdict(self):
        """The exit status that it ends with, or None when it goes on."""
        self.supervisor._look_for_trouble()
        return self.supervisor.status if self.supervisor.ending else None


class Starting(TwoHosts):
    def test_a_server_that_refuses_its_configuration_ends_the_start(self):
        self.see("chat-server-1")
        self.end("connector-server-1", 2)
        self.assertEqual(self.verdict(), 2)
        self.assertEqual(self.said, ["connector-server-1 refuses its configuration: see its line above"])

    def test_the_broker_too(self):
        self.end("broker-1", 2)
        self.assertEqual(self.verdict(), 2)

    def test_one_that_has_been_up_does_not(self):
        self.see("connector-server-1")
        self.assertIsNone(self.verdict())
        self.see()
        self.end("connector-server-1", 2)
        self.assertIsNone(self.verdict())
        self.end("broker-1", 2)  # who answered with a view was up
        self.assertIsNone(self.verdict())

    def test_once_all_of_ours_have_been_up_none_ends_it_while_the_other_hosts_are_waited_for(self):
        self.see("connector-server-1", "chat-server-1", "chat-server-2")
        self.assertIsNone(self.verdict())
        self.end("connector-server-1", 2)
        self.end("chat-server-1", 1, "dead")
        self.assertIsNone(self.verdict())
        self.assertIn("chat-server-3: not in the broker's view", self.supervisor._missing())

    def test_one_that_was_added_does_not(self):
        added = Server("chat-server-4", "chat", "")
        self.supervisor.children[added.id] = child_of(added, "pausing", 2)
        self.assertIsNone(self.verdict())

    def test_one_that_was_stopped_is_not_waited_for(self):
        self.see("connector-server-1", "chat-server-1")
        self.supervisor._obey({"command": "stop", "id": "chat-server-2"})
        self.end("chat-server-1", 1, "dead")
        self.assertIsNone(self.verdict())

    def test_a_dead_one_ends_it(self):
        self.see("chat-server-1")
        self.end("chat-server-1", 1, "dead")
        self.assertEqual(self.verdict(), 1)
        self.assertEqual(self.said, ["the cluster cannot become ready"])


class Adding(TwoHosts):
    def setUp(self):
        super().setUp()
        self.see("connector-server-1", "chat-server-1", "chat-server-2")  # the other host is down

    def add(self, id_=None):
        """The id under which it is started, or why it is not."""
        launched = []
        self.supervisor._launch = lambda server: launched.append(server.id) or child_of(server)
        answer = self.supervisor._obey({"command": "add", "kind": "chat", "id": id_})
        return launched[0] if launched else answer["error"]

    def test_no_id_of_servers_json_is_free_whoever_is_down(self):
        self.assertEqual(self.add(), "chat-server-4")

    def test_an_id_of_another_host_is_refused(self):
        self.assertEqual(self.add("chat-server-3"), f"chat-server-3 belongs to {ELSEWHERE} (servers.json)")

    def test_one_of_ours_that_was_stopped_may_come_back(self):
        self.supervisor.children["chat-server-2"].state = "stopped"
        self.see("connector-server-1", "chat-server-1")
        self.assertEqual(self.add("chat-server-2"), "chat-server-2")

    def test_one_of_ours_that_the_start_comes_to_later_is_not_started_twice(self):
        del self.supervisor.children["chat-server-2"]
        self.see()
        self.assertEqual(self.add("chat-server-2"), f"chat-server-2 belongs to {HERE} (servers.json)")


class Signals(unittest.TestCase):
    def setUp(self):
        self.supervisor = Supervisor(None, SimpleNamespace(restart=True))
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD):
            self.addCleanup(signal.signal, number, signal.getsignal(number))

    def test_what_is_ignored_when_it_begins_stays_so(self):
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        self.supervisor._heed_signals()
        self.assertIs(signal.getsignal(signal.SIGHUP), signal.SIG_IGN)
        os.kill(os.getpid(), signal.SIGHUP)
        self.assertFalse(self.supervisor.ending)

    def test_every_other_one_ends_the_servers_in_order(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
            self.supervisor.ending, self.supervisor.told = False, None
            self.supervisor._heed_signals()
            os.kill(os.getpid(), number)
            self.assertTrue(self.supervisor.ending, number)


if __name__ == "__main__":
    unittest.main()
