// Which deliberate bug of mutations.json is switched on. Only `sim_mutants` has any: its copies of product
// sources ask.
#pragma once

#include <string>
#include <string_view>

namespace citron::sim {

inline std::string mutant_chosen; ///< empty: none, and the copies do what the product does

[[nodiscard]] inline bool mutant(std::string_view name)
{
    return mutant_chosen == name;
}

} // namespace citron::sim
