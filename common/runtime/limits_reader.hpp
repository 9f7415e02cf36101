// The sections "limits" and "admission" of conf/chat.json -> structs.
#pragma once

#include "common/runtime/limits.hpp"

namespace citron::runtime {

class conf_node;

/// Overwrites what the section says. Throws config_error, which names the key.
void read_limits(limits_config& limits, const conf_node& section);
void read_admission(admission_config& admission, const conf_node& section);

} // namespace citron::runtime
