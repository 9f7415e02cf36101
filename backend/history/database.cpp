#include "backend/history/database.hpp"

#include "backend/history/connection.hpp"
#include "backend/history/database_rows.hpp"

#include <SQLiteCpp/Backup.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

namespace citron::backend {

using protocol::errc;
using kind = connection::transaction::kind;

namespace {

/// Between one message of a room and the next. What counts more is a clock that was set forward, or a room
/// where nothing was said.
constexpr std::uint64_t longest_gap_ms = 10'000;
/// Messages of one room and one time: more than a millisecond has. Its time stands still, as it does for as
/// long as a clock was ahead once.
constexpr std::size_t most_at_once = 10'000;

std::string send_name(std::string_view sender, std::uint64_t number)
{
    return fmt::format("{}#{}", sender, number);
}

} // namespace

database::database(database_options options) : options_(std::move(options))
{
    as_history(options_.path, [&] {
        file_ = std::make_unique<connection>(options_);
        query q(file_->sql.id);
        if (!q.next())
            throw history_error(history_error::reason::corrupt, options_.path + ": has no id");
        id_ = q.text(0);
    });
}

database::~database() = default;

void database::set_patience(std::chrono::milliseconds p)
{
    file_->set_patience(p);
}

// ---- storing

std::vector<append_outcome> database::commit(std::span<const append> batch, protocol::instant now)
{
    return as_history(options_.path, [&] {
        std::vector<append_outcome> outcomes;
        outcomes.reserve(batch.size());
        rooms_of_batch rooms;
        connection::transaction all(*file_, kind::write);
        turn_names(now);
        for (const auto& a : batch)
            outcomes.push_back(place(a, row_of(a.rid, rooms)));
        for (const auto& [rid, room] : rooms)
            if (room.offset != room.first)
                query(file_->sql.move_room, room.offset, room.time, room.id).run();
        all.commit();
        for (const auto& [rid, room] : rooms)
            if (room.offset != room.first)
                touched_.insert(room.id);
        return outcomes;
    });
}

/// Which table of names is current, which another process may have changed. Once we have seen it be that for
/// long enough, the other one, whose names are older still, is emptied and takes its place. Wall clocks jump,
/// and those of processes differ; so each goes by what it has seen itself.
void database::turn_names(protocol::instant now)
{
    std::uint64_t turn = 0;
    {
        query q(file_->sql.names);
        q.next();
        current_ = q.number(0) == 0 ? 0 : 1;
        turn = q.number(1);
    }
    if (!watched_ || watched_->first != turn)
        watched_.emplace(turn, now);
    if (now - watched_->second < names_known)
        return;
    current_ = 1 - current_;
    query(file_->sql.forget_sends.at(current_)).run();
    query(file_->sql.turn, std::uint64_t{current_}, turn + 1).run();
    watched_.emplace(turn + 1, now);
}

database::room_row& database::row_of(const std::string& rid, rooms_of_batch& rooms)
{
    const auto [found, added] = rooms.try_emplace(rid);
    auto& room = found->second;
    if (!added)
        return room;
    query q(file_->sql.room, rid);
    if (q.next())
        room = {.id = q.key(0),
                .term = q.number(1),
                .epoch = std::string(q.text(2)),
                .first = q.number(3),
                .offset = q.number(3),
                .time = q.number(4)};
    return room;
}

append_outcome database::place(const append& a, room_row& room)
{
    const auto repeat = [](const known_send& first) {
        return append_outcome{.offset = first.offset, .time = first.time, .repeat = true};
    };
    if (room.id == 0 || room.term != a.term)
        return {.code = errc::moved};
    if (!a.cid.empty())
        if (const auto first = find_named(room, a.cid))
            return repeat(*first);
    if (a.again && a.number != 0) {
        const auto& known = numbered_of(room, a.time);
        if (const auto first = known.by_name.find(send_name(a.sender, a.number));
            first != known.by_name.end())
            return repeat(first->second);
        // Owners take sends in order: one that has stored a later one had refused this, and nobody heard.
        if (const auto last = known.last.find(a.sender); last != known.last.end() && a.number < last->second)
            return {.code = errc::unavailable};
    }
    return keep(a, room);
}

append_outcome database::keep(const append& a, room_row& room)
{
    std::uint64_t offset = 0;
    if (a.what == append::kind::message) {
        offset = ++room.offset;
        room.time = a.time;
        query(file_->sql.add_message, room.id, offset, a.time, a.sender, a.number, a.chat).run();
        if (room.numbered && a.number != 0)
            room.numbered->add(a.sender, a.number, {offset, a.time});
    }
    if (!a.cid.empty() && a.what != append::kind::question)
        query(file_->sql.add_send.at(current_), room.id, bytes{a.cid}, offset, a.time).run();
    return {.offset = offset, .time = a.time};
}

/// Among the messages themselves: a table of these names would be written with every message, to be read
/// after the death of an owner only. Then it may be asked of many sends of one room, so it reads them all at
/// once.
const database::numbered_sends& database::numbered_of(room_row& room, std::uint64_t now_ms)
{
    return room.numbered ? *room.numbered : room.numbered.emplace(read_numbered(room, now_ms));
}

void database::numbered_sends::add(const std::string& sender, std::uint64_t number, known_send where)
{
    by_name.try_emplace(send_name(sender, number), where);
    auto& newest = last[sender];
    newest = std::max(newest, number);
}

/// Newest first, to where messages are too old to be sent again at `now_ms`, or nobody can tell.
database::numbered_sends database::read_numbered(const room_row& room, std::uint64_t now_ms)
{
    constexpr std::uint64_t old_ms = std::chrono::milliseconds(names_known).count();
    numbered_sends found;
    std::uint64_t age = 0, later = now_ms;
    std::size_t at_once = 0;
    query rows(file_->sql.senders, room.id);
    while (age <= old_ms && at_once < most_at_once && rows.next()) {
        const auto number = rows.number(0), time = rows.number(2);
        if (number != 0)
            found.add(std::string(rows.text(3)), number, {rows.number(1), time});
        age += std::min(later - std::min(later, time), longest_gap_ms);
        at_once = time < later ? 1 : at_once + 1;
        later = time;
    }
    return found;
}

std::optional<database::known_send> database::find_named(const room_row& room, std::string_view name)
{
    for (const auto table : {current_, 1 - current_}) {
        query q(file_->sql.find_send.at(table), room.id, bytes{name});
        if (q.next())
            return known_send{q.number(0), q.number(1)};
    }
    return std::nullopt;
}

// ---- taking over

std::vector<store::opened> database::take_over(std::span<const store::opening> rooms)
{
    return as_history(options_.path, [&] {
        std::vector<store::opened> opened;
        opened.reserve(rooms.size());
        connection::transaction all(*file_, kind::write);
        const auto before = newest_generation();
        auto newest = before;
        for (const auto& room : rooms) {
            const bool outdated = room.generation != 0 && room.generation < newest;
            newest = std::max(newest, room.generation);
            opened.push_back(outdated ? store::opened{.newest = newest} : raise(room));
        }
        if (newest != before)
            query(file_->sql.set_generation, newest).run();
        all.commit();
        return opened;
    });
}

std::uint64_t database::generation()
{
    return as_history(options_.path, [&] { return newest_generation(); });
}

std::uint64_t database::newest_generation()
{
    query q(file_->sql.generation);
    return q.next() ? q.number(0) : 0;
}

store::opened database::raise(const store::opening& o)
{
    rooms_of_batch one;
    auto& room = row_of(o.rid, one);
    // A copy, of which nobody knows whether it is older than what somebody saw; or somebody saw a later term.
    const bool lacks_some = room.epoch.empty() || room.term < o.term_above;
    if (lacks_some)
        room.epoch = o.fresh_epoch;
    room.term = std::max({room.term, o.term_above, o.floor}) + 1;
    if (room.id == 0)
        query(file_->sql.add_room, o.rid, room.term, room.epoch).run();
    else
        query(file_->sql.raise_room, room.term, room.epoch, room.id).run();
    return {{.term = room.term, .rev = 0, .epoch = room.epoch, .offset = room.offset}, room.time};
}

// ---- the log

bool database::log_is_long() const
{
    return file_->log_pages() > options_.log_pages;
}

bool database::restart_log(std::chrono::milliseconds patience)
{
    return file_->restart_log(patience);
}

// ---- copying

void database::backup(const std::string& path)
{
    as_history(path, [&] {
        std::error_code none;
        if (std::filesystem::equivalent(path, options_.path, none))
            throw history_error(history_error::reason::other, path + ": is the file to be copied");
        SQLite::Database copy(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
        copy.setBusyTimeout(static_cast<int>(options_.patience.count()));
        if (SQLite::Backup(copy, file_->handle()).executeStep() != SQLITE_DONE)
            throw history_error(history_error::reason::busy, path + ": is in use");
        copy.exec("UPDATE rooms SET epoch=''"); // what was said after it, a client may know: see raise()
    });
}

} // namespace citron::backend
