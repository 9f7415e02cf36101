// The broker's shell with real sockets, its peers being the links that every server has: all in one loop.
#pragma once

#include "broker/broker.hpp"
#include "common/cluster/link.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace citron::broker::test {

using protocol::envelope;
using protocol::kind;
using protocol::server_kind;

/// A server as far as the broker can tell: a peer, its link, and what it heard.
class server : public cluster::peer_listener
{
public:
    server(net::io_context& loop, cluster::zmq_context& context, std::vector<cluster::link_endpoints> ways,
           std::string id, server_kind what, cluster::key_source keys = {})
        : peer_({.self = {.id = std::move(id), .kind = static_cast<std::uint8_t>(what), .boot = ++boots},
                 .beat = std::chrono::milliseconds(50),
                 .seed = ++boots},
                *this, counters_, cluster::link::now()),
          link_(loop, context, peer_, std::move(ways), {}, std::move(keys))
    {
        link_.start();
    }

    void send(envelope e)
    {
        ASSERT_TRUE(peer_.send(std::move(e)));
        link_.flush();
    }
    /// Its socket has taken all that it sent.
    [[nodiscard]] bool all_sent() const { return !peer_.outgoing(); }
    void fall_silent() { link_.stop(); }
    [[nodiscard]] bool sees(std::string_view id) const { return peer_.up() && peer_.view().find(id); }
    [[nodiscard]] bool heard(std::string_view what) const
    {
        return std::ranges::find(heard_, what) != heard_.end();
    }
    [[nodiscard]] const std::string& refusal() const { return peer_.refusal(); }
    [[nodiscard]] const protocol::view& view() const { return peer_.view(); }

    void on_up(bool fresh, instant) override { heard_.push_back(fresh ? "up fresh" : "up"); }
    void on_down(instant) override { heard_.push_back("down"); }
    void on_view(const protocol::view&, instant) override {}
    void on_envelope(const envelope& e, instant) override
    {
        heard_.push_back(
            fmt::format("{} {} {} {}", protocol::name_of(e.kind), e.id, e.from, protocol::reason(e.code)));
        if (e.kind == kind::call)
            (void)peer_.send({.kind = kind::reply, .to = {e.from}, .id = e.id, .body = e.body});
    }
    void on_broadcast(const envelope& e, instant) override
    {
        heard_.push_back("broadcast " + std::string(e.body));
    }

private:
    static inline std::uint64_t boots = 0;
    protocol::counters counters_;
    std::vector<std::string> heard_;
    cluster::peer peer_;
    cluster::link link_;
};

/// A broker and whoever comes.
struct hub_stage
{
    net::io_context loop;
    cluster::zmq_context context;
    protocol::counters counters;
    std::unique_ptr<broker> hub;

    /// Runs the loop until `condition` holds; false when that takes longer than `limit`.
    bool until(const std::function<bool()>& condition,
               std::chrono::milliseconds limit = std::chrono::seconds(10))
    {
        const auto deadline = std::chrono::steady_clock::now() + limit;
        loop.restart();
        bool holds = condition();
        while (!holds && std::chrono::steady_clock::now() < deadline) {
            (void)loop.run_one_until(deadline);
            holds = condition();
        }
        return holds;
    }
};

} // namespace citron::broker::test
