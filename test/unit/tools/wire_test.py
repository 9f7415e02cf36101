"""The broker's line protocol, as the tools know it."""

import re
import unittest
from pathlib import Path

from citronctl import wire

ERRC = Path(__file__).parents[3] / "common" / "protocol" / "errc.hpp"


class Errors(unittest.TestCase):
    def test_are_those_of_the_servers(self):
        lines = re.findall(r"^    (\w+) = (\d+),", ERRC.read_text(), re.MULTILINE)
        self.assertEqual(wire.ERRORS, {int(number): name for name, number in lines})


if __name__ == "__main__":
    unittest.main()
