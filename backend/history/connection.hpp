// An open history file: the SQLite connection, its schema and its prepared statements. For class database.
#pragma once

#include "backend/history/database.hpp"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>
#include <SQLiteCpp/Statement.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace citron::backend {

/// A text that is compared byte by byte and may hold anything.
struct bytes
{
    std::string_view value;
};

/// One use of a prepared statement: binds, steps, and resets it at the end, so that no lock outlives it. What
/// it is given must outlive it.
class query
{
public:
    template <typename... Values>
    explicit query(SQLite::Statement& statement, const Values&... values) : statement_(statement)
    {
        int index = 0; // NOLINT(misc-const-correctness): of a statement without values
        (bind(++index, values), ...);
    }
    ~query() { statement_.tryReset(); }
    query(const query&) = delete;
    query& operator=(const query&) = delete;

    /// False: there are no more rows.
    bool next() { return statement_.executeStep(); }
    /// For a statement without rows: how many it changed.
    int run() { return statement_.exec(); }

    /// All 64 bits: SQLite's integers are signed, ours are not.
    [[nodiscard]] std::uint64_t number(int column) const;
    [[nodiscard]] bool empty(int column) const { return statement_.getColumn(column).isNull(); }
    [[nodiscard]] std::int64_t key(int column) const { return statement_.getColumn(column).getInt64(); }
    /// Valid until the next step.
    [[nodiscard]] std::string_view text(int column) const;

private:
    void bind(int index, std::int64_t key) { statement_.bind(index, key); }
    void bind(int index, std::uint64_t number);
    void bind(int index, const std::string& text) { statement_.bindNoCopy(index, text); }
    void bind(int index, const bytes& b);

    SQLite::Statement& statement_;
};

/// Everything that is said to SQLite more than once.
struct statements
{
    explicit statements(const SQLite::Database& db);

    SQLite::Statement begin_read, begin_write, end;
    SQLite::Statement id, names, turn, generation, set_generation;
    SQLite::Statement room, add_room, raise_room, move_room;
    SQLite::Statement add_message, senders, newest, oldest, ages, delete_upto;
    SQLite::Statement head_of, rooms_after;
    std::array<SQLite::Statement, 2> find_send, add_send, forget_sends;
};

/// How often, a millisecond apart, another's lock is tried; see database_options.
struct lock_patience
{
    int tries;
    std::function<void()> blocked;
};

class connection
{
public:
    /// Throws history_error or SQLite::Exception.
    explicit connection(const database_options& options);
    ~connection();
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;

    /// Until commit(): everything or nothing.
    class transaction
    {
    public:
        enum class kind
        {
            read,
            write
        };
        transaction(connection& file, kind k);
        ~transaction();
        transaction(const transaction&) = delete;
        transaction& operator=(const transaction&) = delete;
        void commit();

    private:
        connection& file_;
    };

    /// What is committed while it lives is not synced; the next commit after it syncs that too.
    class unsynced
    {
    public:
        unsynced(connection& file, durability usual);
        ~unsynced();
        unsynced(const unsynced&) = delete;
        unsynced& operator=(const unsynced&) = delete;

    private:
        connection& file_;
        durability usual_;
    };

    [[nodiscard]] SQLite::Database& handle() { return db_; }
    void set_patience(std::chrono::milliseconds p) { patience_.tries = static_cast<int>(p.count()); }

    /// Of the log, as our last commit left it.
    [[nodiscard]] std::uint64_t log_pages() const { return log_pages_; }
    /// See database::restart_log().
    bool restart_log(std::chrono::milliseconds patience);

private:
    static int after_commit(void* self, sqlite3* db, const char* name, int pages);
    SQLite::Database& set_up(const database_options& options);
    void switch_to_wal();
    void create(const database_options& options);
    [[nodiscard]] bool is_new();
    [[nodiscard]] bool was_moved() const;

    std::string path_;
    lock_patience patience_; ///< must not move
    std::uint64_t log_pages_ = 0;
    SQLite::Database db_;

public:
    statements sql;
};

/// The present exception as a history_error that names `path`. For a catch block.
[[noreturn]] void rethrow_as_history_error(const std::string& path);

/// Calls `work`; whatever leaves it is a history_error that names `path`.
template <typename Work>
auto as_history(const std::string& path, Work&& work)
{
    try {
        return work();
    } catch (...) {
        rethrow_as_history_error(path);
    }
}

} // namespace citron::backend
