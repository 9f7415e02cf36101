// Where members connect to: the gate says it (Pomelo), or the servers take turns.
#pragma once

#include <netinet/in.h>

#include <string>
#include <vector>

namespace citron::bench {

struct entry
{
    std::string host; ///< for the Host header
    sockaddr_in address{};
    bool tls = false; ///< as the gate says
};

/// "127.0.0.1:3014". Throws std::runtime_error when this is no address of a host.
[[nodiscard]] entry entry_at(const std::string& host_and_port);
/// One for each name. Pomelo's gate is asked, over one connection, without TLS; throws std::runtime_error
/// when it does not answer.
[[nodiscard]] std::vector<entry> entries_for(const std::string& dialect, const std::vector<std::string>& at,
                                             const std::vector<std::string>& names);

} // namespace citron::bench
