// The command line that all servers share.
#pragma once

#include "common/runtime/config.hpp"
#include "common/runtime/log.hpp"

#include <expected>

namespace citron::runtime {

/// What a server's main begins with.
struct startup
{
    config conf; ///< with the command line's overrides applied
    server_config
        self; ///< for the broker only id, kind, host and bind say something; its ports are in conf.broker
    log::level log_level = log::level::info;
};

/// Reads the command line and the conf files of a server of this kind:
///   --conf DIR (conf), --env NAME (development), --id ID (the first of its kind in the file), --run-dir DIR
///   (the parent of the conf folder), --log-level LEVEL; gate, connector: --client-port N, --http-port N;
///   broker: --port N, --pub-port N, --tap-port N.
/// A chat server or connector whose --id is not in the file joins by hand; the connector then needs
/// --client-port (0: any free one), and is reached as the first connector of the file is: host, bind,
/// publicHost, publicTls and tls are taken from there. SIGHUP is ignored from here on. The unexpected value
/// is the exit status, everything having been said: 0 after --help, 2 after one clear line on stderr.
[[nodiscard]] std::expected<startup, int> start_up(protocol::server_kind kind, int argc,
                                                   const char* const* argv);

} // namespace citron::runtime
