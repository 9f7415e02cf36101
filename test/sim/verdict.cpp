#include "test/sim/verdict.hpp"

#include <algorithm>

namespace citron::sim {

namespace {

std::string list_of(const std::set<std::string>& names)
{
    std::string text;
    for (const auto& n : names)
        text += (text.empty() ? "" : " ") + n;
    return "[" + text + "]";
}

/// Everybody who is in the room stands at the same place, has seen the same people come and stay, and all
/// that was acknowledged.
void judge_room(city& town, ledger& book, const std::string& rid)
{
    std::set<std::string> present;
    const stay* first = nullptr;
    for (const auto& c : town.clients()) {
        const auto found = c->stays().find(rid);
        if (found == c->stays().end())
            continue;
        if (!present.insert(c->user()).second)
            book.complain(fmt::format("two clients are in {} as {}", rid, c->user()));
        first = first ? first : found->second;
        if (found->second->at != first->at)
            book.complain(fmt::format("{} in {} stands at {}:{}, {} at {}:{}", c->who(), rid,
                                      found->second->at.epoch, found->second->at.offset, first->user,
                                      first->at.epoch, first->at.offset));
    }
    for (const auto& c : town.clients())
        if (const auto found = c->stays().find(rid);
            found != c->stays().end() && found->second->users != present)
            book.complain(fmt::format("{} in {} has seen {} come and stay, present are {}", c->who(), rid,
                                      list_of(found->second->users), list_of(present)));
    const auto known = book.rooms().find(rid);
    if (!first || known == book.rooms().end())
        return;
    for (const auto& [content, at] : known->second.acknowledged)
        if (at.epoch == first->at.epoch && at.offset > first->at.offset)
            book.complain(fmt::format("{} was acknowledged in {} at {}, but everybody stands at {}", content,
                                      rid, at.offset, first->at.offset));
    const auto epoch = known->second.epochs.find(first->at.epoch);
    if (epoch != known->second.epochs.end() && !epoch->second.empty() &&
        epoch->second.rbegin()->first > first->at.offset)
        book.complain(fmt::format("somebody saw offset {} of {}, but everybody stands at {}",
                                  epoch->second.rbegin()->first, rid, first->at.offset));
}

/// And is told so when it asks.
void judge_rosters(city& town, ledger& book, const std::string& rid)
{
    std::set<std::string> present;
    for (const auto& c : town.clients())
        if (c->stays().contains(rid))
            present.insert(c->user());
    for (const auto& c : town.clients()) {
        if (!c->stays().contains(rid))
            continue;
        const auto roster = c->rosters().find(rid);
        if (roster == c->rosters().end())
            book.complain(fmt::format("{} in {} was not told who is there", c->who(), rid));
        else if (roster->second != present)
            book.complain(fmt::format("{} in {} was told of {}, present are {}", c->who(), rid,
                                      list_of(roster->second), list_of(present)));
    }
}

/// Nobody was shown as gone who stayed; but by a connector that was silent for too long.
void judge_farewells(ledger& book)
{
    constexpr milliseconds margin{3'000}; // news of an earlier stay may be as late as that
    if (book.allowed().kicks)
        return;
    for (const auto& f : book.farewells()) {
        const auto stayed = std::ranges::find_if(book.stays(), [&](const stay& s) {
            const auto until = s.seen_until();
            return s.user == f.user && s.rid == f.rid && s.from + margin <= f.when &&
                   (!until || *until > f.when + margin);
        });
        if (stayed != book.stays().end())
            book.complain(fmt::format("{} was shown {} leaving, who stayed", f.seen_by, f.user));
    }
}

/// An acknowledged whisper was shown, and nobody who was there is unknown; unless the addressee came or went
/// about that time.
void judge_whispers(city& town, ledger& book)
{
    // Of two who want one name the one whose connector is cut off does not know that it has lost it.
    const auto is_unsure = [&](const ledger::whisper& w) {
        return book.allowed().kicks && w.to == town.ways().contested;
    };
    const auto was_there = [&book](const ledger::whisper& w, instant answered) {
        constexpr milliseconds margin{2000};
        return std::ranges::any_of(book.stays(), [&](const stay& s) {
            return s.user == w.to && s.rid == w.rid && s.from + margin <= w.sent &&
                   (!s.until || *s.until > answered + margin);
        });
    };
    for (const auto& [content, w] : book.whispers()) {
        if (w.acknowledged && w.seen_by.empty() && !is_unsure(w) && was_there(w, *w.acknowledged))
            book.complain(fmt::format("{} was acknowledged, but {} was not shown it", content, w.to));
        if (w.unknown && !book.allowed().kicks && was_there(w, *w.unknown))
            book.complain(fmt::format("{} was refused, but {} was in {}", content, w.to, w.rid));
    }
}

bool has_twin_inside(city& town, const client& c)
{
    return std::ranges::any_of(town.clients(), [&c](const auto& other) {
        return other.get() != &c && other->user() == c.user() && !other->stays().empty();
    });
}

void judge_counters(ledger& book, const std::string& id, const protocol::counters& counters)
{
    for (const auto& [name, value] : counters.all())
        if (value != 0 && name.ends_with("undecodable"))
            book.complain(fmt::format("{}: {} = {}", id, name, value));
}

/// Somebody has come or gone so lately that news of it may be under way.
bool busy(const ledger& book, const std::string& rid, instant now)
{
    constexpr milliseconds lately{2'000};
    return std::ranges::any_of(book.stays(), [&](const stay& s) {
        return s.rid == rid && (s.from + lately > now || (s.until && *s.until + lately > now));
    });
}

} // namespace

void judge_calm(city& town, ledger& book, instant now)
{
    for (const auto& rid : town.ways().rooms)
        if (!busy(book, rid, now))
            judge_room(town, book, rid);
}

void judge(city& town, ledger& book, bool babbling)
{
    for (const auto& rid : town.ways().rooms) {
        judge_room(town, book, rid);
        judge_rosters(town, book, rid);
    }
    judge_whispers(town, book);
    judge_farewells(book);
    for (const auto& c : town.clients()) {
        if (c->stays().empty() && !has_twin_inside(town, *c))
            book.complain(c->who() + " could not get into any room");
        if (c->unanswered() > 0)
            book.complain(fmt::format("{}: {} requests without an answer", c->who(), c->unanswered()));
    }
    if (!babbling)
        judge_counters(book, "broker", town.broker().counters());
    for (auto* p : town.peers()) {
        if (!babbling)
            judge_counters(book, p->id(), p->counters());
        if (p->waiting_frames() > 10)
            book.complain(p->id() + ": frames pile up");
    }
    for (const auto& c : town.chats())
        if (c->running() && c->leaving())
            book.complain(c->id() + " does not get rid of its rooms");
    for (const auto& c : town.connectors())
        if (c->leaving())
            book.complain(c->id() + " does not get rid of its clients");
    for (const auto& c : town.chats())
        if (c->running() && !c->rooms().at_rest())
            book.complain(c->id() + " has rooms that are neither here nor there");
    const auto& peers = town.broker().board().peers();
    if (peers.settled() != peers.view().generation)
        book.complain(fmt::format("generation {} is not settled", peers.view().generation));
}

} // namespace citron::sim
