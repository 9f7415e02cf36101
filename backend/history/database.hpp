// Rooms' messages and heads in an SQLite file that several processes may share; together with its connection
// the only place with SQL. Synchronous; time is a parameter.
#pragma once

#include "backend/history/history_error.hpp"
#include "backend/history/store.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace citron::backend {

/// What a committed message survives.
enum class durability
{
    fsync, ///< a loss of power
    os,    ///< the end of any process; a loss of power may take the newest, never tear the file
};

struct database_options
{
    std::string path; ///< ":memory:" for one that lives as long as the object
    backend::durability durability = durability::fsync;
    std::chrono::milliseconds patience{3'000}; ///< how long to wait for other processes' locks
    std::uint64_t room_messages = 1000;        ///< trim() keeps so many per room; 0: any number
    /// and all that are younger, whatever their number: so long a send may come again under its number. A
    /// time more than a minute in the future is not young
    std::uint64_t young_ms = 60'000;
    std::uint64_t age_ms = 0;         ///< trim() deletes what is older; 0: keep for ever
    std::uint64_t max_bytes = 0;      ///< the file grows no further; 0: as far as the disk allows
    std::uint64_t log_pages = 16'000; ///< of 4 KiB: a log with more is long
    std::string fresh_id;             ///< id() of a file made now; empty: by chance
    bool create = true;               ///< make the file if there is none
    std::function<void()>
        blocked; ///< called each 500 ms that another connection's lock is waited for, or never
};

class connection;

/// Several objects, in one process or in many, may have one file open: the term of a room decides who of them
/// may write to it. One object is used by one thread at a time. Every member but id() throws history_error.
class database
{
public:
    /// How long at least the cids of messages are known, also of those that were trimmed: by a clock that
    /// nobody can set.
    static constexpr std::chrono::minutes names_known{10};

    explicit database(database_options options);
    ~database();
    database(const database&) = delete;
    database& operator=(const database&) = delete;

    /// Made by chance when the file was made: who has the same has the same file (or a copy of it).
    [[nodiscard]] const std::string& id() const { return id_; }
    /// Instead of database_options::patience, from now on. Throws nothing.
    void set_patience(std::chrono::milliseconds p);
    /// The newest by which rooms have been opened until now; 0: none.
    [[nodiscard]] std::uint64_t generation();

    /// Stores all of `batch`, or throws and stores nothing. One outcome per append, in order: ok, a repeat,
    /// or moved (see append_outcome). A cid is always looked for, a numbered send in full only if it is
    /// `again`. `now` is steady, and may be each process' own.
    std::vector<append_outcome> commit(std::span<const append> batch, protocol::instant now);
    /// As store::take_over: raises terms, so that commits under the old ones are `moved`. An unknown room
    /// begins fresh_epoch at 0; one whose term is below term_above begins it where its offsets stand. Whoever
    /// asks by an older generation than somebody before him is refused: a server that was frozen, and given
    /// up.
    std::vector<store::opened> take_over(std::span<const store::opening> rooms);

    /// As the store's; an unknown room has an empty page. page::failed is never set.
    [[nodiscard]] page read_before(const std::string& rid, std::uint64_t before, page_limit limit);
    [[nodiscard]] page read_after(const std::string& rid, std::uint64_t after, page_limit limit);

    /// Deletes what retention no longer keeps: at most `budget` messages, first of the rooms that this object
    /// has written to, then of some more rooms, where the last call stopped. Heads and names stay. Returns
    /// how many were deleted; `budget`: call again soon. A loss of power may bring them back for a while.
    std::size_t trim(std::uint64_t now_ms, std::size_t budget);

    /// SQLite begins its log anew when a writer happens to come while all of it is in the file and nobody
    /// reads it: among several busy processes perhaps never. Then it grows, and is `long` in the end.
    [[nodiscard]] bool log_is_long() const;
    /// Keeps others from writing, for `patience` at most, until they do not read from the log any more: then
    /// the next commit begins it anew. False: somebody reads on, or it failed. Throws nothing.
    bool restart_log(std::chrono::milliseconds patience);

    /// Copies the present state into the file `path`, replacing what it holds; others may write meanwhile.
    /// Rooms of a copy that is put back begin a new epoch, in which their offsets go on. To put one back,
    /// stop all servers first and remove the "-wal" and "-shm" files beside the old one.
    void backup(const std::string& path);

private:
    struct room_row;
    struct known_send;
    struct numbered_sends;
    struct range;
    using rooms_of_batch = std::unordered_map<std::string_view, room_row>;

    void turn_names(protocol::instant now);
    room_row& row_of(const std::string& rid, rooms_of_batch& rooms);
    append_outcome place(const append& a, room_row& room);
    append_outcome keep(const append& a, room_row& room);
    [[nodiscard]] std::optional<known_send> find_named(const room_row& room, std::string_view name);
    [[nodiscard]] const numbered_sends& numbered_of(room_row& room, std::uint64_t now_ms);
    [[nodiscard]] numbered_sends read_numbered(const room_row& room, std::uint64_t now_ms);
    [[nodiscard]] std::uint64_t newest_generation();
    store::opened raise(const store::opening& o);
    [[nodiscard]] range expired(std::int64_t room, std::uint64_t now_ms, std::size_t budget);
    void look_at_touched(std::vector<range>& found, std::uint64_t now_ms, std::size_t& budget);
    void walk(std::vector<range>& found, std::uint64_t now_ms, std::size_t& budget);

    database_options options_;
    std::unique_ptr<connection> file_;
    std::string id_;
    std::size_t current_ = 0; ///< of the two tables of names; read in each commit
    std::optional<std::pair<std::uint64_t, protocol::instant>>
        watched_; ///< a turn of these tables by its number, and since when we see it
    std::unordered_set<std::int64_t> touched_; ///< rooms with new messages since trim() looked at them
    std::int64_t walked_ = 0;                  ///< the last room that trim() came to
};

} // namespace citron::backend
