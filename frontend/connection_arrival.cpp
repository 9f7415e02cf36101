// How a connection is let in: where its client is, and whether it may come from there.
#include "frontend/arrival.hpp"
#include "frontend/connection.hpp"
#include "frontend/upgrade.hpp"

#include <chrono>

namespace citron::frontend {

bool connection_table::admits(const protocol::ip_address& client)
{
    const bool may = door.admits(client);
    blocked_addresses += may ? 0 : 1;
    return may;
}

/// Behind a proxy that says first who its client is. False: the client is not let in.
net::awaitable<bool> connection::come_in()
{
    const auto word = co_await hear_proxy(socket_);
    if (gone())
        co_return false;
    if (!word.valid) {
        ++table_->bad_headers;
        co_return false;
    }
    from_ = word.client.value_or(from_);
    co_return table_->door.trusts(from_) || locate().empty();
}

/// We know now who the client is. "": it is let in; else the answer to its request.
std::string connection::locate()
{
    located_ = true;
    if (!table_->admits(from_))
        return turned_away(403, {});
    if (table_->sessions.locate(*session_, from_, std::chrono::steady_clock::now()))
        return {};
    return turned_away(429, table_->sessions.retry_at_the_door());
}

std::string connection::judge(const upgrade_request& asked)
{
    if (gone())
        return turned_away(503, {});
    if (!table_->door.admits_origin(asked.origin)) {
        ++table_->bad_origins;
        return turned_away(403, {});
    }
    if (located_)
        return {};
    from_ = table_->door.client_of(from_, asked.forwarded);
    return locate();
}

void connection::check_admission()
{
    if (gone() || !located_ || session_->state == phase::closing || table_->door.admits(from_))
        return;
    ++table_->expelled;
    table_->sessions.kick(*session_, "abuse", std::chrono::steady_clock::now());
}

} // namespace citron::frontend
