"""The broker's line protocol, as the tools know it."""

import re
import unittest
from pathlib import Path

from citronctl import wire
from citronctl.conf import ConfError

ERRC = Path(__file__).parents[3] / "common" / "protocol" / "errc.hpp"


class Errors(unittest.TestCase):
    def test_are_those_of_the_servers(self):
        lines = re.findall(r"^    (\w+) = (\d+),", ERRC.read_text(), re.MULTILINE)
        self.assertEqual(wire.ERRORS, {int(number): name for name, number in lines})


class Connecting(unittest.TestCase):
    def test_to_what_is_no_address_is_one_clear_line(self):
        for endpoint in ("tcp://a/b:5550", "5550"):
            with self.assertRaises(ConfError) as caught:
                wire.Peer(endpoint)
            self.assertEqual(str(caught.exception), f"{endpoint}: cannot be connected to: Invalid argument")


if __name__ == "__main__":
    unittest.main()
