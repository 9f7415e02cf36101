"""The deliberate bugs of mutations.json, and copies of product sources that have them behind a switch.

    mutants.py --files               the sources that have any
    mutants.py --names               the bugs
    mutants.py --copy FILE OUTPUT    one of them, with all of its bugs

An entry's `code` stands once in its `file`; in the copy its `mutant` stands there, in which MUTANT asks whether the bug
is switched on (see mutant.hpp). Only .cpp files: what a header says would differ between the copies and the libraries.
"""

import argparse
import json
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
LIST = HERE / "mutations.json"
KEYS = {"name", "what", "file", "code", "mutant", "seeds"}
MAYBE = {"scenario", "from"}  # where only one leads there; for a rare one, the seed to begin with


class Misfit(Exception):
    """An entry that does not fit the sources."""


def load(path=LIST):
    entries = json.loads(path.read_text(encoding="utf-8"))
    names = [entry.get("name") for entry in entries]
    for entry in entries:
        name = entry.get("name")
        if set(entry) - MAYBE != KEYS:
            raise Misfit(f"{name}: an entry has {', '.join(sorted(KEYS))}")
        if names.count(name) > 1:
            raise Misfit(f"{name}: there are two of that name")
        if not entry["file"].endswith(".cpp"):
            raise Misfit(f"{name}: {entry['file']} is no .cpp file")
        if "MUTANT" not in entry["mutant"]:
            raise Misfit(f"{name}: its mutant does not ask for MUTANT")
    return entries


def places(entries, file, text):
    """Where each of the file's entries goes: (begin, end, entry), from the last one to the first."""
    found = []
    for entry in entries:
        if entry["file"] != file:
            continue
        count = text.count(entry["code"])
        if count != 1:
            raise Misfit(f"{entry['name']}: its code stands {count} times in {file}, not once: {entry['code']}")
        begin = text.index(entry["code"])
        found.append((begin, begin + len(entry["code"]), entry))
    found.sort(key=lambda place: place[0], reverse=True)
    for later, earlier in zip(found, found[1:]):
        if earlier[1] > later[0]:
            raise Misfit(f"{earlier[2]['name']} and {later[2]['name']} change the same code in {file}")
    return found


def mutate(entries, file, text):
    for begin, end, entry in places(entries, file, text):
        switch = f'::citron::sim::mutant("{entry["name"]}")'
        text = text[:begin] + entry["mutant"].replace("MUTANT", switch) + text[end:]
    return f'#include "test/sim/mutant.hpp"\n#line 1 "{file}"\n{text}'


def check(root=ROOT, path=LIST):
    """What is wrong with the list, if anything: one text per file."""
    wrong = []
    try:
        entries = load(path)
    except Misfit as misfit:
        return [str(misfit)]
    for file in sorted({entry["file"] for entry in entries}):
        try:
            places(entries, file, (root / file).read_text(encoding="utf-8"))
        except (Misfit, OSError) as problem:
            wrong.append(str(problem))
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    group = parser.add_mutually_exclusive_group(required=True)
    group.add_argument("--files", action="store_true")
    group.add_argument("--names", action="store_true")
    group.add_argument("--copy", nargs=2, metavar=("FILE", "OUTPUT"))
    arguments = parser.parse_args()
    try:
        entries = load()
        if arguments.files or arguments.names:
            print("\n".join(sorted({entry["file" if arguments.files else "name"] for entry in entries})))
            return 0
        file, output = arguments.copy
        copy = mutate(entries, file, (ROOT / file).read_text(encoding="utf-8"))
    except Misfit as misfit:
        print(f"mutations.json: {misfit}", file=sys.stderr)
        return 1
    Path(output).parent.mkdir(parents=True, exist_ok=True)
    Path(output).write_text(copy, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
