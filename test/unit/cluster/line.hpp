// A peer without sockets: what it sends is decoded, what it hears is made up, and time is a number.
#pragma once

#include "common/cluster/peer.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace citron::cluster::test {

using protocol::envelope;
using protocol::errc;
using protocol::kind;

/// Writes down what a server is told.
struct listener : peer_listener
{
    void on_up(bool fresh, instant) override { heard.emplace_back(fresh ? "up fresh" : "up"); }
    void on_down(instant) override { heard.emplace_back("down"); }
    void on_view(const protocol::view& v, instant) override
    {
        heard.push_back("view " + std::to_string(v.number));
    }
    void on_settled(std::uint64_t generation, instant) override
    {
        heard.push_back("settled " + std::to_string(generation));
    }
    void on_envelope(const envelope& e, instant) override { heard.push_back(text(e)); }
    void on_broadcast(const envelope& e, instant) override { heard.push_back(text(e)); }

    static std::string text(const envelope& e)
    {
        return std::string(name_of(e.kind)) + " " + std::string(e.body);
    }
    std::vector<std::string> take() { return std::exchange(heard, {}); }

    std::vector<std::string> heard;
};

/// An envelope with the bytes its body points into.
struct sent_frame
{
    explicit sent_frame(std::string frame) : bytes(std::move(frame)), e(*protocol::decode(bytes)) {}
    sent_frame(sent_frame&&) = delete;
    std::string bytes;
    envelope e;
};

/// A peer on a virtual clock, and the broker's side of its line.
class line
{
public:
    explicit line(protocol::server_kind of = protocol::server_kind::chat,
                  std::size_t queue_bytes = 64U << 20U)
        : peer({.self = {.id = "s1", .kind = static_cast<std::uint8_t>(of), .boot = 77},
                .queue_bytes = queue_bytes,
                .pid = 4711},
               heard, counters, now)
    {
    }

    void pass(protocol::milliseconds time) { now += time; }
    /// Time as a live loop sees it: a tick every 100 ms.
    void live(protocol::milliseconds time)
    {
        for (const auto end = now + time; now < end;) {
            pass(protocol::milliseconds(100));
            peer.on_tick(now);
        }
    }
    void hear(envelope e) { peer.on_frame(protocol::encode(e), now); }
    void hear(kind k, const std::string& body = {}) { hear({.kind = k, .from = "broker", .body = body}); }
    void hear_published(kind k, const std::string& body = {})
    {
        const auto bytes = protocol::encode({.kind = k, .from = "s2", .body = body});
        peer.on_published(protocol::topic_of("s1", nonce) + bytes, now);
    }
    void welcome(std::uint64_t number = 1, bool fresh = false)
    {
        hear(kind::welcome, protocol::pack(protocol::welcome{view(number), fresh}));
    }
    void refuse(const std::string& reason) { hear(kind::refused, protocol::pack(protocol::refusal{reason})); }
    static protocol::view view(std::uint64_t number)
    {
        return {.broker = 9, .number = number, .ready = true};
    }

    /// Opens when the peer wants it; whether it did.
    bool open()
    {
        const auto wanted = peer.take_open(now);
        nonce = wanted.value_or(nonce);
        return wanted.has_value();
    }
    /// Ticks until the peer opens again; how long that took.
    protocol::milliseconds wait_for_open()
    {
        const auto since = now;
        while (!open())
            pass(protocol::milliseconds(1));
        return std::chrono::duration_cast<protocol::milliseconds>(now - since);
    }
    void up()
    {
        (void)open();
        welcome();
        (void)sent();
        (void)heard.take();
    }

    /// Kinds of the frames that wait to be sent, which are gone after that.
    std::vector<kind> sent()
    {
        std::vector<kind> kinds;
        for (; peer.outgoing(); peer.pop_outgoing())
            kinds.push_back(protocol::decode(*peer.outgoing())->kind);
        return kinds;
    }
    /// The next frame that waits. Precondition: there is one.
    sent_frame next()
    {
        std::string bytes = *peer.outgoing();
        peer.pop_outgoing();
        return sent_frame(std::move(bytes));
    }

    instant now{std::chrono::hours(1)};
    listener heard;
    protocol::counters counters;
    cluster::peer peer;
    std::uint64_t nonce = 0;
};

} // namespace citron::cluster::test
