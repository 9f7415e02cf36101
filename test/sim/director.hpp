// Makes the trouble of a scenario, and ends it.
#pragma once

#include "test/sim/city.hpp"
#include "test/sim/scenario.hpp"

namespace citron::sim {

class director
{
public:
    director(scene& s, city& town, ledger& book, scenario play);

    /// From now until `end`, trouble happens now and then. Precondition: the city has started.
    void begin(instant end);
    /// Everything that is dead is brought back, or enough of it; nothing fails any more.
    void heal();

private:
    void arm();
    void trouble();
    [[nodiscard]] bool may_trouble_chats();
    void move_chats();
    void leave(chat_process& c);
    void kill_chat();
    void kill_connector();
    void drain_connector();
    void drain_gate();
    void kill_broker();
    void lose_link(loss how);
    void lose_broadcasts();
    void freeze_in_a_move();
    void freeze_somebody();
    void part();
    void part_from_broker();
    void part_from_connector();
    void trouble_disk();
    void set_clock();
    void anything();
    void restart_later(process& p, duration least, duration most);
    void drain(frontend_process& p); ///< and start it again
    void await_end(process& p);      ///< and start it again
    void look_for_ghosts();
    [[nodiscard]] std::vector<chat_process*> owners();          ///< chat servers that run and stay
    [[nodiscard]] std::vector<connector_process*> connectors(); ///< those that run and stay
    [[nodiscard]] duration between_troubles();

    scene& scene_;
    dice chance_;
    city& city_;
    ledger& book_;
    scenario play_;
    instant end_;
    instant quiet_until_{}; ///< see may_trouble_chats()
    bool over_ = false;
};

} // namespace citron::sim
