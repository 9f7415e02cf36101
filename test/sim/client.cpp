#include "test/sim/client.hpp"

#include "frontend/connector/resume_key.hpp"
#include "test/sim/guarded.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

namespace citron::sim {

using protocol::encode_package;
using protocol::package_type;

client::client(scene& s, ledger& book, const habits& ways, std::string user, std::string label)
    : scene_(s), chance_(s.chance.split()), book_(book), ways_(ways), user_(std::move(user)),
      label_(std::move(label)),
      // Where a room's messages may be lost, what is said again may rightly be stored again.
      names_its_messages_(!book.allowed().epochs && chance_.percent(50))
{
}

std::string_view client::name_of(act what)
{
    constexpr std::array names{"enter", "join", "leave", "send", "whisper", "signal", "users", "history"};
    return names.at(static_cast<std::size_t>(what));
}

void client::wake()
{
    arm();
}

void client::arm()
{
    scene_.clock.after(chance_.between(duration(10'000), ways_.pause), [this] {
        doing();
        arm();
    });
}

void client::calm_down()
{
    calm_ = true;
}

bool client::moving() const
{
    for (const auto& [id, q] : asked_)
        if (q.enters() || q.what == act::leave)
            return true;
    return false;
}

bool client::entering(const std::string& rid) const
{
    constexpr milliseconds just_now{2'000}; // its leaving is on its way
    const auto left = cut_short_.find(rid);
    if (left != cut_short_.end() && left->second + just_now > scene_.clock.now())
        return true;
    return std::ranges::any_of(asked_,
                               [&](const auto& one) { return one.second.rid == rid && one.second.enters(); });
}

void client::doing()
{
    if (still_)
        return;
    if (!socket_)
        return dial();
    if (hears_nothing())
        return give_up();
    if (!working_)
        return;
    if (!back_to_.empty())
        return go_back();
    if (stays_.empty()) {
        if (!moving())
            enter(chance_.pick(ways_.rooms), act::enter);
        return;
    }
    if (calm_)
        return;
    if (chance_.percent(ways_.leaving))
        return go(chance_.percent(ways_.vanishing) ? ending::vanished : ending::closed);
    if (chance_.percent(ways_.moving))
        return move();
    do_in_room();
}

/// As www/client.js after a kick "drain": the first room by enter, with its key, then the others.
void client::go_back()
{
    if (moving())
        return;
    const auto rid = back_to_.front();
    back_to_.pop_front();
    if (!stays_.contains(rid))
        enter(rid, stays_.empty() ? act::enter : act::join);
}

void client::do_in_room()
{
    const auto& rid = std::next(stays_.begin(), static_cast<long>(chance_.below(stays_.size())))->first;
    for (const auto& [id, q] : asked_)
        if (q.what == act::leave && q.rid == rid)
            return; // on its way out
    if (doubtful_.contains(rid))
        return say_again(rid);
    if (scene_.durable && stored_.contains(rid) &&
        chance_.percent(8)) // memory forgets cids with their messages
        return repeat(rid);
    const auto what = chance_.below(100);
    if (what < 60)
        for (auto n = chance_.between(1, 4); n > 0; --n)
            send(rid, "*");
    else if (what < 75)
        send(rid, chance_.pick(ways_.users));
    else if (what < 82)
        signal(rid);
    else
        look(rid, what < 92 ? act::users : act::history);
}

/// One change at a time, as a person would.
void client::move()
{
    if (moving())
        return;
    const auto& rid = chance_.pick(ways_.rooms);
    const bool inside = stays_.contains(rid);
    if (!inside)
        return enter(rid, chance_.percent(50) ? act::enter : act::join);
    if (stays_.size() > 1)
        leave(rid);
}

void client::dial()
{
    auto* to = ways_.choose_connector();
    if (!to)
        return;
    ++session_;
    socket_ = &sockets_.emplace_back(scene_, *this, *to);
    heard_ = scene_.clock.now();
    scene_.log.line(label_, "dials {}, session {}", to->id(), session_);
    socket_->dial();
}

void client::go(ending how)
{
    scene_.log.line(label_, "{}", how == ending::closed ? "disconnects" : "vanishes");
    if (how == ending::vanished || hears_nothing()) // its connector does not know, and may let it in yet
        for (const auto& [id, q] : asked_)
            if (q.enters())
                late_.insert(q.rid);
    socket_->hang_up(how);
    drop(*socket_);
    back_to_.clear();
    moved_.clear();
}

/// The connection is over: nobody answers any more, and all stays have ended.
void client::drop(socket& s)
{
    if (&s != socket_)
        return;
    socket_ = nullptr;
    working_ = false;
    received_.clear();
    acknowledged_.clear();
    if (!s.server_lives())
        for (const auto& [rid, inside] : stays_)
            orphaned_[rid] = scene_.clock.now();
    for (const auto& [id, q] : std::exchange(asked_, {})) {
        doubt(q);
        if (q.enters())
            cut_short_[q.rid] = scene_.clock.now();
    }
    const auto when = std::min(hears_nothing() ? heard_ : scene_.clock.now(), s.sound_until());
    while (!stays_.empty())
        end_stay(stays_.begin()->first, when);
}

void client::end_stay(const std::string& rid, instant when)
{
    const auto found = stays_.find(rid);
    last_seen_[rid] = found->second->at;
    book_.left(*found->second, when);
    stays_.erase(found);
}

void client::ask(std::string_view route, question q, const std::string& body)
{
    q.sent = scene_.clock.now();
    q.frozen = stood_still();
    if (const auto s = stays_.find(q.rid); s != stays_.end())
        q.inside = s->second;
    const auto id = q.id = next_id_++;
    scene_.log.line(label_, "asks {} {} {}", id, route, body);
    socket_->send(protocol::encode_request(id, route, body));
    asked_.emplace(id, std::move(q));
}

void client::enter(const std::string& rid, act how)
{
    question q{.what = how, .rid = rid};
    json body{{"username", user_}, {"rid", rid}};
    if (how == act::enter && !resume_key_.empty() && (moved_.contains(rid) || chance_.percent(60)))
        body["resumeKey"] = resume_key_;
    if (scene_.guarded && (how == act::enter || chance_.percent(30))) // a join is let in by that of the enter
        body["token"] = token_of(user_);
    q.same_key = how == act::join || body.contains("resumeKey");
    const auto key = keys_.find(rid);
    q.own_name = q.same_key && key != keys_.end() &&
                 key->second == frontend::resume_key::parse(resume_key_).secret && !late_.contains(rid);
    if (const auto seen = last_seen_.find(rid); seen != last_seen_.end() && chance_.percent(50)) {
        q.since = seen->second;
        body["since"] = {{"epoch", seen->second.epoch}, {"offset", seen->second.offset}};
    }
    ask(how == act::enter ? "connector.entryHandler.enter" : "connector.entryHandler.join", q, body.dump());
}

void client::leave(const std::string& rid)
{
    ask("connector.entryHandler.leave", {.what = act::leave, .rid = rid}, json{{"rid", rid}}.dump());
}

std::string client::next_content()
{
    return who() + "/" + std::to_string(++said_);
}

void client::send(const std::string& rid, const std::string& target)
{
    const auto content = next_content();
    target == "*" ? book_.said(content) : book_.whispered(content, target, rid, scene_.clock.now());
    say(rid, {content, target});
}

void client::say(const std::string& rid, const said& message, bool again)
{
    json body{{"content", message.content}, {"target", message.target}, {"rid", rid}};
    if (names_its_messages_)
        body["cid"] = message.content;
    const auto what = message.target == "*" ? act::send : act::whisper;
    ask("chat.chatHandler.send",
        {.what = what, .rid = rid, .content = message.content, .target = message.target, .again = again},
        body.dump());
}

void client::say_once_more(const std::string& rid, const said& message)
{
    if (message.target == "*")
        book_.said_again(message.content);
    say(rid, message, true);
}

void client::say_again(const std::string& rid)
{
    constexpr std::size_t at_once =
        5; // who were to say all again each time that it is refused would be abusive
    auto& doubtful = doubtful_.at(rid);
    const auto rest = doubtful.begin() + static_cast<std::ptrdiff_t>(std::min(at_once, doubtful.size()));
    const std::vector some(doubtful.begin(), rest);
    doubtful.erase(doubtful.begin(), rest);
    if (doubtful.empty())
        doubtful_.erase(rid);
    for (const auto& message : some)
        say_once_more(rid, message);
}

/// As a careless client does: what was answered already; but what memory history, which keeps a thousand
/// messages and their cids, may have dropped.
void client::repeat(const std::string& rid)
{
    constexpr std::uint64_t long_ago = 800;
    std::erase_if(stored_.at(rid),
                  [&](const said& s) { return s.when + long_ago < stays_.at(rid)->at.offset; });
    if (stored_.at(rid).empty())
        return;
    say_once_more(rid, chance_.pick(stored_.at(rid)));
}

/// It may have been stored, or not; have let us in, or not.
void client::doubt(const question& q)
{
    if (q.enters()) {
        keys_.erase(q.rid);
        orphaned_.erase(q.rid);
    }
    if (names_its_messages_ && (q.what == act::send || q.what == act::whisper))
        doubtful_[q.rid].push_back({q.content, q.target});
}

void client::signal(const std::string& rid)
{
    ask("chat.chatHandler.signal", {.what = act::signal, .rid = rid},
        json{{"data", next_content()}, {"rid", rid}}.dump());
}

void client::look(const std::string& rid, act what)
{
    if (what == act::users)
        return ask("chat.chatHandler.users", {.what = what, .rid = rid}, json{{"rid", rid}}.dump());
    ask("chat.chatHandler.history", {.what = what, .rid = rid},
        json{{"rid", rid}, {"limit", chance_.between(1, 100)}}.dump());
}

void client::probe()
{
    still_ = true;
    for (const auto& [rid, s] : stays_) {
        send(rid, "*");
        look(rid, act::users);
        look(rid, act::history);
    }
    for (const auto& [rid, s] : stays_) // last: where rates are limited, some may be refused
        if (doubtful_.contains(rid))
            say_again(rid);
}

void client::heartbeat(unsigned session)
{
    constexpr duration period{2'500'000};
    if (session != session_ || !socket_)
        return;
    if (hears_nothing())
        return give_up();
    socket_->send(encode_package(package_type::heartbeat, {}));
    scene_.clock.after(period, [this, session] { heartbeat(session); });
}

/// For twice the heartbeat that the server has told: as stock clients.
bool client::hears_nothing() const
{
    constexpr duration patience{6'000'000};
    return scene_.clock.now() - heard_ > patience;
}

void client::give_up()
{
    scene_.log.line(label_, "hears nothing any more");
    go(ending::closed);
}

duration client::stood_still() const
{
    return socket_->server().stood_still() + socket_->held_up();
}

bool client::overdue(const question& q) const
{
    constexpr duration slack{700'000}; // for the way to the connector and back
    const auto excused = stood_still() - q.frozen + slack;
    return !q.complained && scene_.clock.now() - q.sent > book_.allowed().answer_within + excused;
}

void client::check_overdue()
{
    if (!socket_ || !socket_->server().running() || socket_->dead())
        return;
    for (auto& [id, q] : asked_) {
        if (!overdue(q))
            continue;
        q.complained = true;
        book_.complain(
            fmt::format("{}: {} of {} in {}: no answer to {}", who(), name_of(q.what), q.content, q.rid, id));
    }
}

} // namespace citron::sim
