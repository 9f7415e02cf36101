"""What test/bench/micro/instructions makes of the numbers that it reads."""

import json
import runpy
import unittest
from pathlib import Path
from types import SimpleNamespace

SCRIPT = Path(__file__).resolve().parents[2] / "bench" / "micro" / "instructions"
instructions = SimpleNamespace(**runpy.run_path(str(SCRIPT)))


def cost(count, allocations=1.0):
    return {"instructions": count, "allocations": allocations}


class Reading(unittest.TestCase):
    def test_the_totals_count(self):
        self.assertEqual(instructions.callgrind_total("events: Ir\nsummary: 0\n\n+3 12\ntotals: 204310\n"), 204310)

    def test_nothing_counted_is_an_error(self):
        for text in ("", "totals: 0\n", "summary: 5\n"):
            with self.assertRaises(ValueError):
                instructions.callgrind_total(text)

    def test_a_run_is_divided_by_what_it_has_done(self):
        report = json.dumps({"benchmarks": [{"name": "x", "counted": 256.0, "allocations": 2.3359375}]})
        self.assertEqual(instructions.result_of("totals: 2570\n", report), cost(10, 2.34))


class Comparing(unittest.TestCase):
    def compare(self, now, before):
        return instructions.compare({"x": now}, {"x": before})

    def test_the_change_is_in_percent(self):
        ((_, _, _, change),) = self.compare(cost(120), cost(100))
        self.assertAlmostEqual(change, 20.0)

    def test_new_and_gone_ones_are_shown_without_a_change(self):
        rows = instructions.compare({"new": cost(1)}, {"gone": cost(2)})
        self.assertEqual(rows, [("new", cost(1), None, None), ("gone", None, cost(2), None)])
        self.assertEqual(instructions.grown(rows), [])

    def test_ten_percent_more_is_not_too_much(self):
        self.assertEqual(instructions.grown(self.compare(cost(110), cost(100))), [])
        self.assertEqual(instructions.grown(self.compare(cost(111), cost(100))), ["x"])
        self.assertEqual(instructions.grown(self.compare(cost(10), cost(100))), [])

    def test_allocations_grow_too(self):
        self.assertEqual(instructions.grown(self.compare(cost(100, 12.0), cost(100, 10.0))), ["x"])

    def test_the_first_allocation_is_too_much(self):
        self.assertEqual(instructions.grown(self.compare(cost(100, 0.01), cost(100, 0.0))), ["x"])


class Printing(unittest.TestCase):
    def test_columns_are_aligned(self):
        rows = instructions.compare({"one": cost(1200, 2.5), "three": cost(7)}, {"one": cost(1000, 2.5)})
        self.assertEqual(instructions.table(rows).splitlines(), [
            "       instructions  baseline   change  allocations  baseline",
            "one           1,200     1,000  +20.0 %          2.5       2.5",
            "three             7         -                   1.0         -"])


if __name__ == "__main__":
    unittest.main()
