#include "test/sim/director.hpp"

#include <algorithm>

namespace citron::sim {

director::director(scene& s, city& town, ledger& book, scenario play)
    : scene_(s), chance_(s.chance.split()), city_(town), book_(book), play_(play)
{
}

void director::begin(instant end)
{
    end_ = end;
    const bool vague = play_ == scenario::silence || play_ == scenario::freezes ||
                       play_ == scenario::partitions || play_ == scenario::mix;
    scene_.noticed_losses = vague ? static_cast<unsigned>(chance_.between(30, 100)) : 100;
    if (play_ == scenario::scrambled || (play_ == scenario::mix && chance_.percent(30)))
        scene_.scrambled = static_cast<unsigned>(chance_.between(2, 40));
    if (play_ == scenario::connector_kill)
        city_.ways().vanishing = 0; // who vanishes is listed for a while, and rightly
    arm();
}

duration director::between_troubles()
{
    using std::chrono::seconds;
    switch (play_) {
    case scenario::moves:
        return chance_.between(duration(300'000), seconds(3));
    case scenario::chat_kills:
        return chance_.between(duration(6'500'000), duration(7'500'000));
    case scenario::rolling:
        return chance_.between(duration(300'000), seconds(3));
    case scenario::connector_kill:
        return chance_.between(seconds(7), seconds(9));
    case scenario::broker_restart:
        return chance_.between(seconds(4), seconds(9));
    case scenario::links:
        return chance_.between(duration(200'000), seconds(4));
    case scenario::moves_and_links:
        return chance_.between(duration(50'000), seconds(2));
    case scenario::silence:
        return chance_.between(seconds(1), seconds(5));
    case scenario::freezes:
        return chance_.between(duration(500'000), seconds(4));
    case scenario::partitions:
        return chance_.between(duration(300'000), seconds(3));
    case scenario::disk:
        return chance_.between(seconds(1), seconds(7));
    case scenario::scrambled:
        return chance_.between(seconds(1), seconds(4));
    case scenario::clocks:
        return chance_.between(duration(200'000), seconds(3));
    case scenario::mix:
        return chance_.between(duration(200'000), seconds(4));
    }
    return seconds(1);
}

void director::arm()
{
    scene_.clock.after(between_troubles(), [this] {
        if (over_ || scene_.clock.now() >= end_)
            return;
        trouble();
        arm();
    });
}

void director::trouble()
{
    switch (play_) {
    case scenario::moves:
        return move_chats();
    case scenario::chat_kills:
        return kill_chat();
    case scenario::rolling:
        return chance_.percent(50) ? drain_connector() : chance_.percent(80) ? move_chats() : drain_gate();
    case scenario::connector_kill:
        return kill_connector();
    case scenario::broker_restart:
        return kill_broker();
    case scenario::links:
        return chance_.percent(25) ? lose_broadcasts()
                                   : lose_link(chance_.percent(30) ? loss::topic : loss::noticed);
    case scenario::moves_and_links:
        return chance_.percent(50) ? move_chats() : lose_link(loss::noticed);
    case scenario::silence:
        return lose_link(loss::silent);
    case scenario::freezes:
        return chance_.percent(20) ? freeze_in_a_move() : freeze_somebody();
    case scenario::partitions:
        return part();
    case scenario::disk:
        return chance_.percent(80) ? trouble_disk() : move_chats();
    case scenario::scrambled:
        return chance_.percent(50) ? move_chats() : lose_link(loss::topic);
    case scenario::clocks:
        return chance_.percent(70) ? set_clock() : chance_.percent(50) ? kill_chat() : move_chats();
    case scenario::mix:
        return anything();
    }
}

void director::anything()
{
    switch (chance_.below(13)) {
    case 0:
        return move_chats();
    case 1:
        return kill_chat();
    case 2:
        return kill_connector();
    case 3:
        return kill_broker();
    case 4:
        return lose_link(chance_.percent(50) ? loss::noticed : loss::topic);
    case 5:
        return lose_link(loss::silent);
    case 6:
    case 7:
        return part();
    case 8:
        return trouble_disk();
    case 9:
        return set_clock();
    case 10:
        return drain_connector();
    default:
        return freeze_somebody();
    }
}

std::vector<chat_process*> director::owners()
{
    std::vector<chat_process*> staying;
    for (auto& c : city_.chats())
        if (c->running() && !c->leaving())
            staying.push_back(c.get());
    return staying;
}

/// Where times are judged, one thing happens to chat servers at a time: what the last one has brought about
/// is over by now. In other such scenarios pauses are long enough.
bool director::may_trouble_chats()
{
    constexpr milliseconds until_settled{5'000};
    if (play_ != scenario::clocks)
        return true;
    if (scene_.clock.now() < quiet_until_)
        return false;
    quiet_until_ = scene_.clock.now() + until_settled;
    return true;
}

/// One joins, or one leaves as long as another stays that the broker knows: rooms can go nowhere else.
void director::move_chats()
{
    if (!may_trouble_chats())
        return;
    std::vector<chat_process*> resting;
    for (auto& c : city_.chats())
        if (!c->running())
            resting.push_back(c.get());
    auto staying = owners();
    const bool join = !resting.empty() && (staying.size() < 2 || chance_.percent(50));
    if (join)
        chance_.pick(resting)->start();
    else if (staying.size() > 1)
        leave(*chance_.pick(staying));
}

void director::leave(chat_process& c)
{
    const auto staying = owners();
    const auto takes_over = [&c](const chat_process* other) { return other != &c && other->known(); };
    if (std::ranges::any_of(staying, takes_over))
        c.leave();
}

void director::restart_later(process& p, duration least, duration most)
{
    scene_.clock.after(chance_.between(least, most), [this, &p] {
        if (!over_ && !p.running())
            p.start();
    });
}

void director::kill_chat()
{
    auto staying = owners();
    if (staying.size() < 2 || !may_trouble_chats())
        return;
    auto& victim = *chance_.pick(staying);
    victim.kill();
    restart_later(victim, duration(100'000), duration(4'000'000));
}

void director::kill_connector()
{
    auto staying = connectors();
    if (staying.size() < 2)
        return;
    auto& victim = *chance_.pick(staying);
    victim.kill();
    restart_later(victim, duration(100'000), duration(8'000'000));
    if (play_ == scenario::connector_kill)
        scene_.clock.after(duration(6'300'000), [this] { look_for_ghosts(); });
}

std::vector<connector_process*> director::connectors()
{
    std::vector<connector_process*> staying;
    for (auto& c : city_.connectors())
        if (c->running() && !c->leaving())
            staying.push_back(c.get());
    return staying;
}

void director::drain_connector()
{
    auto staying = connectors();
    if (staying.size() > 1)
        drain(*chance_.pick(staying));
}

void director::drain_gate()
{
    if (city_.gate().running())
        drain(city_.gate());
}

void director::drain(frontend_process& p)
{
    p.leave(chance_.between(duration(0), duration(2'000'000)));
    await_end(p);
}

void director::await_end(process& p)
{
    scene_.clock.after(chance_.between(duration(100'000), duration(1'500'000)), [this, &p] {
        if (p.running())
            await_end(p);
        else if (!over_)
            p.start();
    });
}

/// Six seconds after a connector's death nobody may still list its users, but those who have come back.
void director::look_for_ghosts()
{
    for (const auto& c : city_.clients())
        for (const auto& [rid, s] : c->stays())
            for (const auto& user : s->users)
                if (!city_.inside(user, rid))
                    book_.complain(fmt::format("{} still lists {} in {}", c->who(), user, rid));
}

void director::kill_broker()
{
    city_.broker().kill();
    restart_later(city_.broker(), duration(20'000), duration(3'000'000));
}

void director::lose_link(loss how)
{
    if (how == loss::topic) // connectors alone have one
        return chance_.pick(city_.connectors())->lose_link(how);
    auto all = city_.peers();
    chance_.pick(all)->lose_link(how);
}

/// Some of a connector's broadcasts, and its link stays as it is: only the owners' heads can tell.
void director::lose_broadcasts()
{
    chance_.pick(city_.connectors())->lose_link(loss::passing);
}

/// A chat server that is about to open rooms is given up, and goes on where it stood once others have opened
/// them.
void director::freeze_in_a_move()
{
    move_chats();
    scene_.clock.after(chance_.between(duration(0), duration(150'000)), [this] {
        auto staying = owners();
        if (!over_ && !staying.empty())
            chance_.pick(staying)->freeze(chance_.between(duration(2'000'000), duration(5'000'000)));
    });
}

void director::freeze_somebody()
{
    const auto time = chance_.percent(70) ? chance_.between(duration(100'000), duration(3'000'000))
                                          : chance_.between(duration(100'000), duration(10'000'000));
    auto all = city_.peers();
    if (chance_.percent(15))
        city_.broker().freeze(time);
    else
        chance_.pick(all)->freeze(time);
}

namespace {
constexpr duration shortest_stall{100'000}, longest_stall{6'000'000};
}

void director::part()
{
    chance_.percent(50) ? part_from_broker() : part_from_connector();
}

/// One way of the link, or several.
void director::part_from_broker()
{
    auto all = city_.peers();
    auto& p = *chance_.pick(all);
    const auto time = chance_.between(shortest_stall, longest_stall);
    p.cut_off(static_cast<unsigned>(chance_.between(1, 7)), time);
    if (chance_.percent(50))
        scene_.clock.after(time - duration(1), [this, &p] {
            if (!over_)
                p.lose_link(loss::noticed);
        });
}

/// One client, whose connection then may have died without a word.
void director::part_from_connector()
{
    auto* line = chance_.pick(city_.clients())->line();
    if (!line)
        return;
    const auto time = chance_.between(shortest_stall, longest_stall);
    line->stall(scene_.clock.now() + time);
    if (chance_.percent(50))
        scene_.clock.after(time - duration(1), [this, line] {
            if (!over_)
                line->die();
        });
}

void director::trouble_disk()
{
    auto* disk = city_.history();
    if (!disk)
        return;
    const auto end = scene_.clock.now() + chance_.between(shortest_stall, longest_stall);
    if (chance_.percent(60)) {
        scene_.log.line("disk", "is slow");
        return disk->stall(end);
    }
    const auto how = chance_.percent(50) ? condition::full : condition::gone;
    scene_.log.line("disk", "is {}", how == condition::full ? "full" : "gone");
    disk->fail(how, end);
}

void director::set_clock()
{
    using std::chrono::minutes;
    auto all = city_.peers();
    auto& p = *chance_.pick(all);
    const auto by = chance_.between(duration(0), minutes(60)) * (chance_.percent(50) ? 1 : -1);
    scene_.log.line(p.id(), "has its clock set by {} s", by.count() / 1'000'000);
    p.set_clock(std::chrono::duration_cast<milliseconds>(by));
}

void director::heal()
{
    over_ = true;
    scene_.noticed_losses = 100;
    if (auto* disk = city_.history())
        disk->heal();
    scene_.log.line("***", "calm");
    if (!city_.broker().running())
        city_.broker().start();
    for (auto* p : city_.peers())
        if (!p->running() && chance_.percent(50))
            p->start();
    if (owners().empty())
        for (auto& c : city_.chats())
            if (!c->running()) {
                c->start();
                break;
            }
    bool served = false;
    for (auto& c : city_.connectors())
        served = served || (c->running() && !c->leaving());
    if (!served)
        city_.connectors().front()->start();
}

} // namespace citron::sim
