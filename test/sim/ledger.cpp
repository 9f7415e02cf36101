#include "test/sim/ledger.hpp"

#include <algorithm>

namespace citron::sim {

namespace {

position position_of(const json& body)
{
    return {protocol::text_at(body, "epoch"), protocol::number_at(body, "offset", 0).value_or(0)};
}

/// Contents are "user/session/number": who said it, in which connection, the how-manieth of all.
std::pair<std::string, unsigned> sender_of(const std::string& content)
{
    const auto slash = content.rfind('/');
    if (slash == std::string::npos)
        return {content, 0};
    return {content.substr(0, slash), static_cast<unsigned>(std::stoul(content.substr(slash + 1)))};
}

const json& messages_of(const json& answer)
{
    static const json none = json::array();
    const auto found = answer.find("messages");
    return found == answer.end() ? none : *found;
}

std::string text_of(const position& at)
{
    return at.epoch + ":" + std::to_string(at.offset);
}

} // namespace

std::string ledger::name(const stay& s)
{
    return s.user + "/" + std::to_string(s.session) + " in " + s.rid;
}

void ledger::complain(std::string text)
{
    log_.line("!!!", "{}", text);
    complaints_.push_back(fmt::format("{:.3f} s: {}", log_.seconds(), text));
}

stay& ledger::entered(std::string user, unsigned session, std::string rid, const json& answer, instant now)
{
    stay s{.user = std::move(user),
           .rid = std::move(rid),
           .session = session,
           .at = position_of(answer),
           .from = now};
    for (const auto& other : answer.value("users", json::array()))
        if (!s.users.insert(other.get<std::string>()).second)
            complain(fmt::format("{}: the answer names {} twice", name(s), other.dump()));
    if (!s.users.contains(s.user))
        complain(name(s) + ": the answer does not name oneself");
    if (s.at.epoch.empty())
        complain(name(s) + ": the answer has no epoch");
    auto& known = rooms_[s.rid].epochs;
    known[s.at.epoch];
    if (known.size() > 1 && !allowed_.epochs)
        complain(fmt::format("{}: the epoch has changed to {}", name(s), s.at.epoch));
    return stays_.emplace_back(std::move(s));
}

void ledger::came_back(stay& before, const stay& s)
{
    constexpr milliseconds patience{4'000}; // less than conf's graceMs
    if (before.until && s.from - *before.until < patience)
        before.next = &s;
}

void ledger::place(const std::string& rid, const position& at, const std::string& content)
{
    if (!said_.contains(content))
        complain(fmt::format("{}: nobody ever said {}", rid, content));
    if (not_taken_.contains(content))
        complain(fmt::format("{}: {} had been refused", rid, content));
    const auto [there, is_new] = rooms_[rid].epochs[at.epoch].emplace(at.offset, content);
    if (!is_new && there->second != content)
        complain(
            fmt::format("{}: {} is {} for some and {} for others", rid, text_of(at), there->second, content));
    const auto [known, first] = placed_.emplace(content, std::pair(rid, at));
    // Memory history: what an owner published and took along when it was given up may be sent anew.
    const bool other_life = allowed_.kicks && known->second.second.epoch != at.epoch;
    if (!first && !other_life && known->second != std::pair(rid, at))
        complain(fmt::format("{} appears twice: {} {} and {} {}", content, known->second.first,
                             text_of(known->second.second), rid, text_of(at)));
}

void ledger::check_sender(stay& s, const std::string& content)
{
    if (said_again_.contains(content))
        return;
    const auto [sender, number] = sender_of(content);
    auto& last = s.last_of[sender];
    if (number <= last)
        complain(fmt::format("{}: {} after number {} of the same sender", name(s), content, last));
    last = number;
}

void ledger::chat(stay& s, const json& push)
{
    const auto at = position_of(push);
    const auto content = protocol::text_at(push, "msg");
    if (at.epoch != s.at.epoch)
        complain(fmt::format("{}: {} without onReset, stood at {}", name(s), text_of(at), text_of(s.at)));
    else if (at.offset != s.at.offset + 1)
        complain(fmt::format("{}: {} right after {}", name(s), text_of(at), text_of(s.at)));
    check_sender(s, content);
    place(s.rid, at, content);
    s.at = at;
}

void ledger::add(stay& s, const std::string& user)
{
    if (!s.users.insert(user).second)
        complain(fmt::format("{}: onAdd of {}, who is there", name(s), user));
}

void ledger::leave(stay& s, const std::string& user, instant now)
{
    farewells_.push_back({user, s.rid, name(s), now});
    if (user == s.user)
        complain(name(s) + ": onLeave of oneself");
    if (s.users.erase(user) == 0)
        complain(fmt::format("{}: onLeave of {}, who is not there", name(s), user));
}

void ledger::reset(stay& s, const json& push)
{
    const auto at = position_of(push);
    if (!allowed_.epochs)
        complain(fmt::format("{}: onReset to {} from {}", name(s), text_of(at), text_of(s.at)));
    if (at.epoch != s.at.epoch) {
        s.past_epochs.insert(s.at.epoch);
        if (allowed_.kicks)
            s.last_of.clear(); // see place()
    }
    if (at.epoch == s.at.epoch && at.offset <= s.at.offset)
        complain(fmt::format("{}: onReset back to {} from {}", name(s), text_of(at), text_of(s.at)));
    if (s.past_epochs.contains(at.epoch))
        complain(fmt::format("{}: onReset to an epoch that had ended, {}", name(s), text_of(at)));
    rooms_[s.rid].epochs[at.epoch];
    s.at = at;
}

void ledger::page(const std::string& rid, const json& answer, std::string_view what)
{
    std::uint64_t last = 0;
    for (const auto& message : messages_of(answer)) {
        const auto at = position_of(message);
        if (last != 0 && at.offset != last + 1)
            complain(fmt::format("{} of {}: {} after {}", what, rid, at.offset, last));
        if (at.epoch != protocol::text_at(answer, "epoch"))
            complain(fmt::format("{} of {}: message of epoch {} in an answer of {}", what, rid, at.epoch,
                                 protocol::text_at(answer, "epoch")));
        last = at.offset;
        place(rid, at, protocol::text_at(message, "msg"));
    }
}

void ledger::resumed(const stay& s, const position& since, const json& answer)
{
    page(s.rid, answer, "resume");
    const auto& messages = messages_of(answer);
    const bool recovered = answer.value("recovered", false);
    constexpr std::uint64_t resume_limit = 500; // of conf/chat.json
    const bool too_far_behind = s.at.epoch == since.epoch && s.at.offset - since.offset > resume_limit;
    if (!recovered && !allowed_.epochs && !too_far_behind)
        complain(fmt::format("{}: {} was not recovered", name(s), text_of(since)));
    if (recovered && s.at.epoch != since.epoch)
        complain(fmt::format("{}: recovered over a change of epoch", name(s)));
    if (recovered && messages.size() != s.at.offset - since.offset)
        complain(fmt::format("{}: recovered {} messages from {} to {}", name(s), messages.size(),
                             text_of(since), text_of(s.at)));
    if (!messages.empty() && position_of(messages.back()).offset != s.at.offset)
        complain(fmt::format("{}: recovered up to {} only, of {}", name(s),
                             text_of(position_of(messages.back())), text_of(s.at)));
}

void ledger::acknowledged(const std::string& content, const std::string& rid, const json& answer)
{
    const auto at = position_of(answer);
    place(rid, at, content);
    rooms_[rid].acknowledged.emplace_back(content, at);
}

void ledger::whispered(const std::string& content, const std::string& to, const std::string& rid,
                       instant sent)
{
    whispers_.emplace(content, whisper{.to = to, .rid = rid, .sent = sent});
}

void ledger::whisper_acknowledged(const std::string& content, instant now)
{
    whispers_.at(content).acknowledged = now;
}

void ledger::whisper_unknown(const std::string& content, instant now)
{
    whispers_.at(content).unknown = now;
}

void ledger::whisper_seen(const std::string& content, const std::string& user, const std::string& session,
                          instant now)
{
    constexpr milliseconds way{1000};
    const auto found = whispers_.find(content);
    if (found == whispers_.end())
        return complain(fmt::format("{} got {}, which nobody whispered", user, content));
    if (not_taken_.contains(content))
        complain(fmt::format("{} got {}, which had been refused", user, content));
    auto& w = found->second;
    if (w.to != user)
        complain(fmt::format("{} got {}, which was for {}", user, content, w.to));
    const bool answered = w.acknowledged && *w.acknowledged + way < now;
    // One whose first try found no answer may be shown to the addressee's next session; and whose connector
    // stood still while another took the name finds it among what has come meanwhile.
    if (allowed_.kicks || !answered ? std::ranges::find(w.seen_by, session) != w.seen_by.end()
                                    : !w.seen_by.empty())
        complain(fmt::format("{} was shown {} twice", session, content));
    w.seen_by.push_back(session);
}

void ledger::signal_seen(const stay& s, const std::string& data)
{
    if (!signals_.emplace(name(s), data).second)
        complain(fmt::format("{}: signal {} twice", name(s), data));
}

} // namespace citron::sim
