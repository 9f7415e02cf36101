// PURE. How a client of each kind of server speaks: what it says at first, to join, to send; what it hears.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace citron::bench {

/// One connection, as a dialect sees it.
struct talk
{
    std::string name, room; ///< who it is, and where it will be
    std::string out;        ///< what is to be written
    bool since = false;     ///< it asks for what it has missed when it enters (pomelo)
    std::uint32_t last_id = 0;
    std::string rest; ///< of a message that the server cut in two (NATS: its stream ignores frames)
};

/// What a dialect hears. Called from within dialect::hear.
class listener
{
public:
    virtual ~listener() = default;
    virtual void on_joined(talk& t) = 0;
    virtual void on_join_refused(talk& t, std::string_view reason) = 0;
    /// Somebody's message, in whatever wrapping; marker_finder finds what it says.
    virtual void on_delivery(talk& t, std::string_view body) = 0;
    /// The server's word on the send with this id.
    virtual void on_answer(talk& t, std::uint32_t id, bool accepted, std::string_view reason) = 0;
    /// The server says why it will close.
    virtual void on_kick(talk& t, std::string_view reason) = 0;
};

class dialect
{
public:
    virtual ~dialect() = default;
    [[nodiscard]] virtual std::string_view path() const = 0;
    /// Whether a send is answered; if not, it counts as accepted.
    [[nodiscard]] virtual bool answers() const = 0;
    /// The WebSocket is open: says what comes first. It joins by itself as soon as the server is ready.
    virtual void open(talk& t) const = 0;
    /// One WebSocket message of the server's.
    virtual void hear(talk& t, std::string_view message, listener& to) const = 0;
    /// Returns the id that the answer will carry. `content` needs no escaping in JSON.
    virtual std::uint32_t send(talk& t, std::string_view content) const = 0;
    /// A sign of life, due every beat_seconds(); 0: the server asks for each.
    virtual void beat(talk&) const {}
    [[nodiscard]] virtual double beat_seconds() const { return 0; }
};

/// "pomelo", "nats" or "socketio"; nullptr: unknown.
[[nodiscard]] std::unique_ptr<dialect> make_dialect(std::string_view name);

/// What a chat message's body is where the server does not make one itself: the shape of Pomelo's onChat.
[[nodiscard]] std::string chat_body(const talk& t, std::string_view content);
/// "reason" of {"code":500,"reason":...}, "error" without one; empty: no refusal.
[[nodiscard]] std::string_view refusal_in(std::string_view json);

} // namespace citron::bench
