// What must hold at the end of a run, when everything has been calm for a while.
#pragma once

#include "test/sim/city.hpp"
#include "test/sim/ledger.hpp"

namespace citron::sim {

/// Adds its complaints to the ledger.
void judge(city& town, ledger& book);

} // namespace citron::sim
