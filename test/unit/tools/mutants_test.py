"""The list of deliberate bugs, and the copies that are made of it: test/sim/mutants.py."""

import json
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "sim"))
import mutants  # noqa: E402


def entry(name, code, mutant="!MUTANT && a", file="room.cpp"):
    return {"name": name, "what": "It fails.", "file": file, "code": code, "mutant": mutant, "seeds": 100}


class Mutants(unittest.TestCase):
    def load(self, *entries):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "list.json"
            path.write_text(json.dumps(entries), encoding="utf-8")
            return mutants.load(path)

    def test_every_bug_of_a_file_stands_in_its_copy_behind_its_own_switch(self):
        copy = mutants.mutate([entry("one", "if (a)", "if (a && !MUTANT)"), entry("two", "b();", "if (!MUTANT) b();")], "room.cpp",
                              "if (a)\n    b();\n")

        self.assertEqual(copy, '#include "test/sim/mutant.hpp"\n#line 1 "room.cpp"\n'
                               'if (a && !::citron::sim::mutant("one"))\n    if (!::citron::sim::mutant("two")) b();\n')

    def test_code_that_is_not_there_or_twice_is_an_error_that_names_the_bug(self):
        for text, count in (("", 0), ("a; a;", 2)):
            with self.assertRaisesRegex(mutants.Misfit, f"lost: its code stands {count} times in room.cpp"):
                mutants.mutate([entry("lost", "a;")], "room.cpp", text)

    def test_two_bugs_cannot_change_the_same_code(self):
        with self.assertRaisesRegex(mutants.Misfit, "one and two change the same code"):
            mutants.mutate([entry("one", "a + b"), entry("two", "b + c")], "room.cpp", "a + b + c")

    def test_a_list_with_a_mistake_is_refused(self):
        for entries, why in (([entry("one", "a"), entry("one", "b")], "two of that name"),
                             ([entry("one", "a", "a")], "does not ask for MUTANT"),
                             ([entry("one", "a", file="room.hpp")], "no .cpp file"),
                             ([{**entry("one", "a"), "sedes": 1}], "an entry has")):
            with self.subTest(why), self.assertRaisesRegex(mutants.Misfit, why):
                self.load(*entries)

    def test_the_list_of_the_tree_fits_its_sources(self):
        self.assertEqual(mutants.check(), [])


if __name__ == "__main__":
    unittest.main()
