// The CURVE keys of servers and tools: files of the folder that servers.json calls "keys", made by `citron
// keygen`.
//
// ROLE.secret has one key and is nobody else's business; ROLE.public has one a line, the newest first: while
// keys are being changed, the old one goes on being good.
#pragma once

#include "common/cluster/zmq_stream.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace citron::cluster {

/// What a link needs to be let in.
struct link_keys
{
    curve_identity us;
    std::vector<std::string> broker; ///< at least one; one of them is the broker's
};

// All throw runtime::config_error: "conf/keys/chat.secret: what is wrong", what cannot be read included. Keys
// are in Z85.
[[nodiscard]] std::string read_secret(const std::filesystem::path& folder, std::string_view role);
/// At least one.
[[nodiscard]] std::vector<std::string> read_public(const std::filesystem::path& folder,
                                                   std::string_view role);
[[nodiscard]] link_keys read_link_keys(const std::filesystem::path& folder, std::string_view role);

} // namespace citron::cluster
