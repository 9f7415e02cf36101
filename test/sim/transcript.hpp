// Envelopes as one line of text, for the journal.
#pragma once

#include "common/protocol/envelope.hpp"

#include <string>

namespace citron::sim {

[[nodiscard]] std::string transcript(const protocol::envelope& e);

} // namespace citron::sim
