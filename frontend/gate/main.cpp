#include "common/cluster/joining.hpp"
#include "frontend/frontend.hpp"
#include "frontend/gate/gate.hpp"

int main(int argc, char** argv)
{
    using namespace citron;
    const auto start = runtime::start_up(protocol::server_kind::gate, argc, argv);
    if (!start)
        return start.error();
    return frontend::serve<frontend::gate>(
        *start,
        frontend::gate_options{cluster::peer_options_of(*start), frontend::session_options_of(start->conf)});
}
