// One client's TCP connection to a connector, WebSocket handshake done.
#pragma once

#include "test/sim/pipe.hpp"
#include "test/sim/scene.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace citron::sim {

class frontend_process;

class socket;

/// Who dials.
class socket_user
{
public:
    virtual ~socket_user() = default;
    virtual void connected(socket& s) = 0;
    virtual void read(socket& s, const std::string& bytes) = 0;
    virtual void disconnected(socket& s) = 0;
    /// Who comes from the same address has the same.
    [[nodiscard]] virtual std::string home() const = 0;
};

/// A client's WebSocket frame (RFC 6455 section 5.2): `first` is its flags and opcode.
[[nodiscard]] std::string client_frame(std::string_view payload, unsigned first, std::uint64_t mask);

enum class ending
{
    closed,  ///< the other side is told
    vanished ///< it is not: no FIN ever arrives
};

/// Lives as long as the run: its events refer to it.
class socket
{
public:
    socket(scene& s, socket_user& from, frontend_process& to);
    socket(const socket&) = delete;
    socket& operator=(const socket&) = delete;

    /// The client dials.
    void dial();
    void send(std::string_view payload);                             ///< client: one WebSocket message
    void send_raw(std::string bytes) { up_.send(std::move(bytes)); } ///< client: whatever it likes
    void write(std::string bytes) { down_.send(std::move(bytes)); }  ///< connector: bytes of its outbox
    void hang_up(ending how); ///< the client is done; it reads nothing more
    void shut();              ///< the connector closes after what it has written
    void server_died();
    /// Nothing gets through before `end`, and neither side is told.
    void stall(instant end);
    /// Nothing gets through any more, what was held up in a stall included, and neither side is told.
    void die();
    /// How long it has been stalled, in all.
    [[nodiscard]] duration held_up() const;
    [[nodiscard]] bool dead() const { return dead_since_.has_value(); }
    /// Until then everything got through: now, but in a stall and after its death.
    [[nodiscard]] instant sound_until() const;

    [[nodiscard]] frontend_process& server() const { return to_; }
    [[nodiscard]] std::string home() const { return from_.home(); }
    [[nodiscard]] bool server_lives() const; ///< the life that was dialled
    [[nodiscard]] bool server_left() const;  ///< that life was told to end, as by SIGTERM

private:
    void tell_client(instant when);

    scene& scene_;
    socket_user& from_;
    frontend_process& to_;
    std::uint64_t life_;
    pipe up_, down_;
    bool over_ = false;
    instant stalled_from_, stalled_until_;
    duration held_up_{0}; ///< in former stalls
    std::optional<instant> dead_since_;
    std::optional<instant> sound_until_; ///< of a server that died
};

} // namespace citron::sim
