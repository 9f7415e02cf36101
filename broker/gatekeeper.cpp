#include "broker/gatekeeper.hpp"

#include "common/cluster/key_files.hpp"
#include "common/cluster/roles.hpp"
#include "common/runtime/config.hpp"
#include "common/runtime/log.hpp"

#include <fmt/format.h>

#include <utility>

namespace citron::broker {

gatekeeper::gatekeeper(net::io_context& loop, cluster::zmq_context& context, std::filesystem::path folder,
                       protocol::counters& counters)
    : folder_(std::move(folder)), admission_(counters),
      secret_(cluster::read_secret(folder_, cluster::broker_role)),
      questions_(loop, context, cluster::socket_role::zap,
                 {.on_question = [this](auto frames) { return admission_.answer(frames); }}),
      strangers_(counters.at("broker.denied.stranger")), changes_(counters.at("broker.keys_changed"))
{
    admission_.allow(read());
    questions_.bind(cluster::zap_endpoint);
    questions_.start();
}

admission::allow_list gatekeeper::read() const
{
    admission::allow_list keys;
    for (const auto role : cluster::peer_roles)
        for (const auto& key : cluster::read_public(folder_, role)) {
            // NOLINTNEXTLINE(bugprone-unchecked-optional-access): no other line of the file passes as a key
            const auto [known, added] = keys.emplace(cluster::decoded_key(key).value(), role);
            if (!added && known->second != role)
                throw runtime::config_error(fmt::format("{}: {}.public has a key of {}.public",
                                                        folder_.string(), role, known->second));
        }
    return keys;
}

void gatekeeper::guard(cluster::zmq_stream& socket, std::string_view where)
{
    socket.guard(secret_, std::string(where));
}

void gatekeeper::on_tick(instant now)
{
    constexpr protocol::milliseconds period(1000);
    if (now - read_at_ < period)
        return;
    read_at_ = now;
    try {
        auto keys = read();
        readable_ = true;
        if (keys == admission_.allowed())
            return;
        ++changes_;
        runtime::log::info("keys.changed allowed={}", keys.size());
        admission_.allow(std::move(keys));
    } catch (const runtime::config_error& error) { // somebody may be writing them just now
        if (std::exchange(readable_, false))
            runtime::log::warn("keys.unreadable what=\"{}\" (the last ones hold)",
                               runtime::log::printable(error.what()));
    }
}

} // namespace citron::broker
