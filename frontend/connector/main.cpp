// citron-connector: holds the clients' WebSockets, and knows which of them are in which room.
#include "common/cluster/joining.hpp"
#include "frontend/connector/connector.hpp"
#include "frontend/frontend.hpp"
#include "frontend/identity/key_files.hpp"

int main(int argc, char** argv)
{
    using namespace citron;
    const auto start = runtime::start_up(protocol::server_kind::connector, argc, argv);
    if (!start)
        return start.error();
    const auto& conf = start->conf.chat;
    frontend::connector_options options;
    options.peer = cluster::peer_options_of(*start);
    options.sessions = frontend::session_options_of(start->conf);
    options.rooms.rooms_per_connection = conf.rooms_per_connection;
    options.rooms.request_timeout = conf.request_timeout;
    options.rooms.random = cluster::random_number;
    options.identity = frontend::identity_options_of(start->conf);
    return frontend::serve<frontend::connector>(*start, std::move(options));
}
