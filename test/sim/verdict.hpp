// What must hold once everything has been calm for a while.
#pragma once

#include "test/sim/city.hpp"
#include "test/sim/ledger.hpp"

namespace citron::sim {

/// Before anybody speaks again: what was missed has come without that. Adds its complaints to the ledger.
void judge_calm(city& town, ledger& book, instant now);
/// At the end of the run.
void judge(city& town, ledger& book, bool babbling);

} // namespace citron::sim
