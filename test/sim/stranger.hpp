// Somebody without a good client: asks the gate for its connector, and says to servers what they must bear:
// broken WebSocket frames, packages, messages and bodies. No promise is made to it but that the gate names no
// dead connector.
#pragma once

#include "test/sim/city.hpp"

#include <deque>
#include <map>
#include <string>

namespace citron::sim {

class stranger final : public socket_user
{
public:
    stranger(scene& s, city& town, ledger& book)
        : scene_(s), chance_(s.chance.split()), city_(town), book_(book)
    {
    }

    void wake(); ///< begins to come and go
    void rest(); ///< goes, and does not come again

    void connected(socket& s) override;
    void read(socket& s, const std::string& bytes) override;
    void disconnected(socket& s) override;
    [[nodiscard]] std::string home() const override { return "stranger"; }

private:
    struct answer
    {
        int port = 0;
        instant when;
    };

    void visit();
    void speak(socket& s);
    void say(socket& s, std::string_view route, std::string_view body);
    void introduce(socket& s);
    void flood(socket& s);
    void break_framing(socket& s);
    void break_protocol(socket& s);
    void on_entry(int port);
    [[nodiscard]] bool gate_is_well_informed() const;

    scene& scene_;
    dice chance_;
    city& city_;
    ledger& book_;
    std::deque<socket> sockets_; ///< every one ever made
    socket* socket_ = nullptr;
    std::string asked_for_; ///< at the gate
    bool resting_ = false;
    unsigned words_ = 0, id_ = 0;
    std::map<std::string, answer> answers_; ///< of the gate, by user
};

} // namespace citron::sim
