// One client's TCP connection to a connector, WebSocket handshake done.
#pragma once

#include "test/sim/pipe.hpp"
#include "test/sim/scene.hpp"

#include <string>

namespace citron::sim {

class client;
class connector_process;

enum class ending
{
    closed,  ///< the other side is told
    vanished ///< it is not: no FIN ever arrives
};

/// Lives as long as the run: its events refer to it.
class socket
{
public:
    socket(scene& s, client& from, connector_process& to);
    socket(const socket&) = delete;
    socket& operator=(const socket&) = delete;

    /// The client dials.
    void dial();
    void send(std::string payload) { up_.send(std::move(payload)); } ///< client: one WebSocket message
    void write(std::string bytes) { down_.send(std::move(bytes)); }  ///< connector: bytes of its outbox
    void hang_up(ending how); ///< the client is done; it reads nothing more
    void shut();              ///< the connector closes after what it has written
    void server_died();

    [[nodiscard]] connector_process& server() const { return to_; }
    [[nodiscard]] bool server_lives() const; ///< the life that was dialled

private:
    void tell_client(instant when);

    scene& scene_;
    client& from_;
    connector_process& to_;
    std::uint64_t life_;
    pipe up_, down_;
    bool over_ = false;
};

} // namespace citron::sim
