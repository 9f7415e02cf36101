// A room without a server around it: what leaves it is written down, in order.
#pragma once

#include "backend/channel.hpp"
#include "common/protocol/package.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace citron::backend::test {

using lines = std::vector<std::string>;

/// The JSON of a push package.
inline std::string json_of(std::string_view push)
{
    auto rest = push;
    const auto package = protocol::take_package(rest);
    const auto message = package ? protocol::decode_message(package->body) : std::unexpected(package.error());
    return message ? std::string(message->body) : "not a push";
}

/// "3.5 e@7": term, rev, epoch and offset.
inline std::string text_of(const protocol::head& at)
{
    return fmt::format("{}.{} {}@{}", at.term, at.rev, at.epoch, at.offset);
}

struct recording_port final : channel_port
{
    void answer(const caller& to, std::string_view, errc code, std::string_view body) override
    {
        log.push_back(fmt::format("answer {}#{} {} {}", to.server, to.id, protocol::reason(code), body));
    }
    void publish(const std::vector<std::string>& connectors, const protocol::broadcast& b) override
    {
        log.push_back(
            fmt::format("publish {} {} {}", fmt::join(connectors, ","), text_of(b.at), json_of(b.push.data)));
        last = b;
    }
    void keep(append one) override
    {
        constexpr std::array kinds{"keep", "keep name", "ask for"};
        log.push_back(fmt::format("{} {} {}", kinds.at(static_cast<std::size_t>(one.what)), one.time,
                                  one.what == append::kind::message ? one.chat : one.cid));
        kept.push_back(std::move(one));
    }
    void deliver(const std::string&, const open_request&, const protocol::member& to, const std::string& name,
                 std::string push) override
    {
        log.push_back(fmt::format("deliver {}/{} {} {}", to.connector, to.session, json_of(push), name));
    }
    void evict(const std::string&, const protocol::member& who, std::string_view reason) override
    {
        log.push_back(fmt::format("evict {}/{} {}", who.connector, who.session, reason));
    }
    void full(const std::string& rid) override { log.push_back("full " + rid); }
    [[nodiscard]] bool connected(const protocol::member& who) const override
    {
        return !dead.contains(who.connector);
    }
    [[nodiscard]] bool enrolled(const std::string& connector) const override
    {
        return !unheard.contains(connector);
    }
    [[nodiscard]] std::uint64_t unix_ms() const override { return clock; }

    lines take() { return std::exchange(log, {}); }

    lines log;
    protocol::broadcast last;
    std::deque<append> kept;             ///< not stored yet
    std::set<std::string> dead, unheard; ///< connectors
    std::uint64_t clock = 1000;
};

/// The room "lobby", open in epoch "e" under term 3.
struct lobby
{
    enum class names
    {
        unique,
        shared
    };
    explicit lobby(names policy = names::unique) : room("lobby", port, policy == names::shared)
    {
        room.open({.term = 3, .rev = 0, .epoch = "e", .offset = 0});
    }

    static protocol::member who(std::string user, std::string connector, protocol::session_id session,
                                std::string key = {})
    {
        return {.user = std::move(user),
                .connector = std::move(connector),
                .boot = 1,
                .session = session,
                .key = std::move(key)};
    }
    /// A connection of ann's client, which holds its "key".
    static protocol::member ann(std::string connector, protocol::session_id session, std::uint64_t opened,
                                std::uint64_t stamp = 0)
    {
        auto m = who("ann", std::move(connector), session, "key");
        m.opened = opened;
        m.stamp = stamp;
        return m;
    }
    /// Enters somebody; nobody asks how that was told.
    protocol::member in(std::string user, std::string connector, protocol::session_id session,
                        std::string key = {})
    {
        auto m = who(std::move(user), std::move(connector), session, std::move(key));
        EXPECT_TRUE(room.enter(m).has_value());
        (void)port.take();
        return m;
    }
    /// A request of `m`, as its handler gets it. Borrows all that it is given.
    backend_session from(const protocol::member& m, std::uint64_t call, std::string_view body = {},
                         std::uint64_t number = 0)
    {
        callers.push_back({m.connector, call});
        return {&room, room.rid(), m, number, callers.back(), protocol::json_object::parse(body).value()};
    }
    void say(const protocol::member& m, std::uint64_t call, const std::string& text)
    {
        room.publish(from(m, call), {{"msg", text}});
    }
    /// The store has done what it was given first.
    void stored(errc code = errc::ok)
    {
        const auto one = std::move(port.kept.front());
        port.kept.pop_front();
        const bool added = code == errc::ok && one.what == append::kind::message;
        offset += added;
        room.on_stored({.code = code, .offset = added ? offset : 0, .time = one.time});
    }
    /// It had that already.
    void stored_before(std::uint64_t at, std::uint64_t time)
    {
        port.kept.pop_front();
        room.on_stored({.offset = at, .time = time, .repeat = true});
    }
    channel::admission admit(const protocol::member& m, std::uint64_t call, std::uint64_t number,
                             std::uint64_t low = 0)
    {
        return room.admit(*room.find(m), {.who = m, .number = number, .low = low, .body = {}},
                          {m.connector, call});
    }

    recording_port port;
    channel room;
    std::uint64_t offset = 0;   ///< of the last message stored
    std::deque<caller> callers; ///< of requests that were made
};

} // namespace citron::backend::test
