// citron-chat: a chat server. Owns rooms: their members, their order, their history.
#include "backend/server.hpp"
#include "common/runtime/log.hpp"

namespace runtime = citron::runtime;

int main(int argc, char** argv)
{
    const auto start = runtime::start_up(citron::protocol::server_kind::chat, argc, argv);
    if (!start)
        return start.error();
    try {
        runtime::log::start(start->self.id, start->conf.run_dir, start->log_level);
        citron::backend::server(*start).run();
    } catch (const runtime::config_error& error) {
        runtime::give_up(error.what());
    } catch (const citron::backend::history_error& error) { // it may pass: whoever started us tries again
        runtime::log::error("history.unavailable what={} at=start", runtime::log::printable(error.what()));
        runtime::log::stop();
        return 1;
    }
    runtime::log::stop();
    return 0;
}
