#include "test/sim/city.hpp"

#include <algorithm>

namespace citron::sim {

namespace {
constexpr unsigned most_chats = 3, most_connectors = 3; ///< that conf names
}

std::vector<std::string> city::named()
{
    std::vector<std::string> ids;
    for (unsigned i = 1; i <= most_chats; ++i)
        ids.push_back("chat-" + std::to_string(i));
    for (unsigned i = 1; i <= most_connectors; ++i)
        ids.push_back("conn-" + std::to_string(i));
    return ids;
}

city::city(scene& s, ledger& book)
    : scene_(s), book_(book),
      disk_(s.durable
                ? std::make_unique<disk>(backend::database_options{.path = ":memory:", .fresh_id = "disk"})
                : nullptr),
      broker_(s, named()), gate_(s, "gate-1", broker_)
{
    for (unsigned i = 1; i <= most_chats + 1; ++i)
        chats_.push_back(
            std::make_unique<chat_process>(s, "chat-" + std::to_string(i), broker_, disk_.get()));
    for (unsigned i = 1; i <= most_connectors; ++i)
        connectors_.push_back(std::make_unique<connector_process>(s, "conn-" + std::to_string(i), broker_));
    for (auto n = s.chance.between(1, 5); n > 0; --n)
        ways_.rooms.push_back("r" + std::to_string(n));
    ways_.pause = duration(s.chance.between(200'000, 1'500'000));
    const bool restless = s.chance.percent(15); // few who come and go all the time: rooms are often empty
    ways_.leaving = static_cast<unsigned>(restless ? s.chance.between(12, 60) : s.chance.below(12));
    ways_.vanishing = restless ? 40 : 15;
    ways_.moving = static_cast<unsigned>(s.chance.below(25));
    ways_.choose_connector = [this] { return choose_connector(); };
    const auto people = restless ? s.chance.between(2, 5) : s.chance.between(4, 12);
    for (unsigned n = 1; n <= people; ++n)
        ways_.users.push_back("u" + std::to_string(n));
    for (const auto& user : ways_.users)
        clients_.push_back(std::make_unique<client>(s, book, ways_, user, user));
    if (s.chance.percent(30)) { // two who want the same name
        ways_.contested = ways_.users.front();
        clients_.push_back(std::make_unique<client>(s, book, ways_, ways_.users.front(), "twin"));
    }
}

void city::start_soon(process& p)
{
    scene_.clock.after(scene_.chance.between(duration(0), duration(800'000)), [&p] {
        if (!p.running()) // the director may have been quicker
            p.start();
    });
}

void city::start()
{
    start_soon(broker_);
    start_soon(gate_);
    for (std::size_t i = 0; i < most_chats; ++i)
        start_soon(*chats_[i]);
    for (auto& c : connectors_)
        start_soon(*c);
    for (auto& c : clients_)
        scene_.clock.after(scene_.chance.between(duration(0), duration(2'500'000)), [&c] { c->wake(); });
}

std::vector<peer_process*> city::peers()
{
    std::vector<peer_process*> all;
    for (auto& c : chats_)
        all.push_back(c.get());
    for (auto& c : connectors_)
        all.push_back(c.get());
    return all;
}

bool city::inside(const std::string& user, const std::string& rid) const
{
    constexpr milliseconds just_now{2000};
    const auto enters = [&](const auto& c) { return c->user() == user && c->entering(rid); };
    const auto was_in = [&](const stay& s) {
        return s.user == user && s.rid == rid && (!s.until || *s.until + just_now > scene_.clock.now());
    };
    return std::ranges::any_of(clients_, enters) || std::ranges::any_of(book_.stays(), was_in);
}

bool city::anybody_frozen()
{
    return broker_.frozen() || std::ranges::any_of(peers(), [](const auto* p) { return p->frozen(); });
}

connector_process* city::choose_connector()
{
    std::vector<connector_process*> running;
    for (auto& c : connectors_)
        if (c->door_open())
            running.push_back(c.get());
    return running.empty() ? nullptr : scene_.chance.pick(running);
}

} // namespace citron::sim
