#include "common/cluster/joining.hpp"
#include "frontend/frontend.hpp"
#include "frontend/gate/gate.hpp"

int main(int argc, char** argv)
{
    using namespace citron;
    const auto start = runtime::start_up(protocol::server_kind::gate, argc, argv);
    if (!start)
        return start.error();
    frontend::gate_options options;
    options.peer = cluster::peer_options_of(*start);
    options.sessions = frontend::session_options_of(start->conf);
    options.secure = start->self.secure();
    options.on_none_secure = [] {
        runtime::log::error(
            "gate.none_secure what=\"this gate speaks TLS, and no connector does: a page that "
            "came by https cannot use one without\"");
    };
    return frontend::serve<frontend::gate>(*start, std::move(options));
}
