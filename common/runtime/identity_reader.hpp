// Key "identity" of conf/chat.json -> identity_config.
#pragma once

#include "common/runtime/conf_reader.hpp"

namespace citron::runtime {

/// "none", or {required, jwks, keys, issuer, audience, leewayMs}. Reads no key file. Throws config_error.
[[nodiscard]] identity_config read_identity(const conf_node& node);

/// In the environment `production` a connector asks everybody for a token, unless the conf plainly says
/// "none". Throws config_error.
void refuse_open_door(const config& conf);

} // namespace citron::runtime
