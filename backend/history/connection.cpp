#include "backend/history/connection.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <thread>

namespace citron::backend {
namespace {

using std::chrono::milliseconds;
using reason = history_error::reason;

constexpr int format_version = 1; // of the schema; another one is another file format
constexpr std::uint64_t page_bytes = 4096;
constexpr int result_mask = 0xff; // an extended result code ends in the plain one

constexpr const char* schema = R"(
CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE rooms(id INTEGER PRIMARY KEY, rid TEXT UNIQUE NOT NULL, term INTEGER NOT NULL, epoch TEXT NOT NULL,
  offset INTEGER NOT NULL, time INTEGER NOT NULL);
CREATE TABLE messages(room INTEGER NOT NULL, offset INTEGER NOT NULL, time INTEGER NOT NULL,
  kind INTEGER NOT NULL DEFAULT 0, sender TEXT NOT NULL, number INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY(room, offset)) WITHOUT ROWID;
CREATE TABLE sends_0(room INTEGER NOT NULL, name BLOB NOT NULL, offset INTEGER NOT NULL, time INTEGER NOT NULL,
  PRIMARY KEY(room, name)) WITHOUT ROWID;
CREATE TABLE sends_1(room INTEGER NOT NULL, name BLOB NOT NULL, offset INTEGER NOT NULL, time INTEGER NOT NULL,
  PRIMARY KEY(room, name)) WITHOUT ROWID;
INSERT INTO meta VALUES('sends_current', 0), ('sends_turn', 0);
)";

/// sqlite3_busy_handler.
int wait_for_lock(void* patience, int tries)
{
    constexpr int tell_after = 500;
    const auto& p = *static_cast<const lock_patience*>(patience);
    if (tries >= p.tries)
        return 0;
    if (tries % tell_after == tell_after - 1 && p.blocked)
        p.blocked();
    std::this_thread::sleep_for(milliseconds{1});
    return 1;
}

int flags_of(const database_options& options)
{
    return SQLite::OPEN_READWRITE | SQLite::OPEN_NOMUTEX | (options.create ? SQLite::OPEN_CREATE : 0);
}

const char* synchronous(durability d)
{
    return d == durability::fsync ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL";
}

reason reason_of(int result)
{
    switch (result & result_mask) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL: // a race for a lock, lost for ten seconds
        return reason::busy;
    case SQLITE_FULL:
        return reason::full;
    case SQLITE_IOERR:
        return reason::io;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return reason::corrupt;
    default:
        return reason::other;
    }
}

} // namespace

void rethrow_as_history_error(const std::string& path)
{
    try {
        throw;
    } catch (const history_error&) {
        throw;
    } catch (const SQLite::Exception& error) {
        throw history_error(reason_of(error.getErrorCode()),
                            fmt::format("{}: {} ({})", path, error.what(), error.getExtendedErrorCode()));
    } catch (const std::exception& error) {
        throw history_error(reason::other, fmt::format("{}: {}", path, error.what()));
    }
}

// ---- query

std::uint64_t query::number(int column) const
{
    return std::bit_cast<std::uint64_t>(key(column));
}

std::string_view query::text(int column) const
{
    const auto value = statement_.getColumn(column);
    const auto* data = static_cast<const char*>(value.getBlob());
    return {data, static_cast<std::size_t>(value.getBytes())};
}

void query::bind(int index, std::uint64_t number)
{
    statement_.bind(index, std::bit_cast<std::int64_t>(number));
}

void query::bind(int index, const bytes& b)
{
    statement_.bindNoCopy(index, b.value.data(), static_cast<int>(b.value.size()));
}

// ---- connection

// clang-format off
statements::statements(const SQLite::Database& db)
    : begin_read(db, "BEGIN"), begin_write(db, "BEGIN IMMEDIATE"), end(db, "COMMIT"),
      id(db, "SELECT value FROM meta WHERE key='id'"),
      names(db, "SELECT (SELECT value FROM meta WHERE key='sends_current'),"
                 " (SELECT value FROM meta WHERE key='sends_turn')"),
      turn(db, "INSERT OR REPLACE INTO meta VALUES('sends_current', ?), ('sends_turn', ?)"),
      generation(db, "SELECT value FROM meta WHERE key='generation'"),
      set_generation(db, "INSERT OR REPLACE INTO meta VALUES('generation', ?)"),
      room(db, "SELECT id, term, epoch, offset, time FROM rooms WHERE rid=?"),
      add_room(db, "INSERT INTO rooms(rid, term, epoch, offset, time) VALUES(?, ?, ?, 0, 0)"),
      raise_room(db, "UPDATE rooms SET term=?, epoch=? WHERE id=?"),
      move_room(db, "UPDATE rooms SET offset=?, time=? WHERE id=?"),
      add_message(db, "INSERT INTO messages(room, offset, time, sender, number, body) VALUES(?, ?, ?, ?, ?, ?)"),
      senders(db, "SELECT number, offset, time, sender FROM messages WHERE room=? ORDER BY offset DESC"),
      newest(db, "SELECT offset, time, body FROM messages WHERE room=? AND offset<? ORDER BY offset DESC"),
      oldest(db, "SELECT offset, time, body FROM messages WHERE room=? AND offset>? ORDER BY offset"),
      ages(db, "SELECT offset, time FROM messages WHERE room=? ORDER BY offset"),
      delete_upto(db, "DELETE FROM messages WHERE room=? AND offset<=?"),
      head_of(db, "SELECT offset FROM rooms WHERE id=?"),
      rooms_after(db, "SELECT id FROM rooms WHERE id>? ORDER BY id LIMIT ?"),
      find_send{SQLite::Statement(db, "SELECT offset, time FROM sends_0 WHERE room=? AND name=?"),
                SQLite::Statement(db, "SELECT offset, time FROM sends_1 WHERE room=? AND name=?")},
      add_send{SQLite::Statement(db, "INSERT OR IGNORE INTO sends_0 VALUES(?, ?, ?, ?)"),
               SQLite::Statement(db, "INSERT OR IGNORE INTO sends_1 VALUES(?, ?, ?, ?)")},
      forget_sends{SQLite::Statement(db, "DELETE FROM sends_0"),
                   SQLite::Statement(db, "DELETE FROM sends_1")}
{
}
// clang-format on

connection::connection(const database_options& options)
    : path_(options.path), patience_{static_cast<int>(options.patience.count()), options.blocked},
      db_(path_, flags_of(options)), sql(set_up(options))
{
}

/// The last connection to a file tidies up beside it, by name: if another file has that name by now, it would
/// delete the log of that one.
connection::~connection()
{
    if (was_moved())
        sqlite3_db_config(db_.getHandle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
}

bool connection::was_moved() const
{
    int moved = 0;
    const int result = sqlite3_file_control(db_.getHandle(), "main", SQLITE_FCNTL_HAS_MOVED, &moved);
    return result == SQLITE_OK && moved != 0;
}

SQLite::Database& connection::set_up(const database_options& options)
{
    sqlite3_busy_handler(db_.getHandle(), wait_for_lock, &patience_);
    sqlite3_wal_hook(db_.getHandle(), after_commit, this);
    const bool fresh = is_new(); // before anything is written to a file that is not ours
    switch_to_wal();
    db_.exec(synchronous(options.durability));
    db_.exec(
        "PRAGMA secure_delete=OFF"); // Debian's SQLite overwrites what it deletes, which doubles the writing
    db_.exec("PRAGMA cache_size=-16384"); // KiB
    db_.exec("PRAGMA journal_size_limit=67108864");
    if (options.max_bytes != 0)
        db_.exec(fmt::format("PRAGMA max_page_count={}",
                             std::max<std::uint64_t>(1, options.max_bytes / page_bytes)));
    if (fresh)
        create(options);
    return db_;
}

/// Throws when it is neither new nor a history of our version.
bool connection::is_new()
{
    db_.exec("BEGIN"); // another process may be making it: see both or nothing of it
    const int version = db_.execAndGet("PRAGMA user_version").getInt();
    const int tables = db_.execAndGet("SELECT count(*) FROM sqlite_master").getInt();
    db_.exec("COMMIT");
    if (version == 0 && tables != 0)
        throw history_error(reason::other, path_ + ": is a database of something else, not a history");
    if (version != 0 && version != format_version)
        throw history_error(
            reason::other,
            fmt::format("{}: is a history of version {}; this program reads and writes version {}", path_,
                        version, format_version));
    return version == 0;
}

/// SQLite does not ask the busy handler when two switch at once.
void connection::switch_to_wal()
{
    for (int tries = 0;; ++tries) {
        try {
            const auto mode = db_.execAndGet("PRAGMA journal_mode=WAL").getString();
            if (mode != "wal" && mode != "memory")
                throw history_error(reason::other,
                                    path_ + ": its file system cannot share memory, which a history needs");
            return;
        } catch (const SQLite::Exception& error) {
            if (reason_of(error.getErrorCode()) != reason::busy || wait_for_lock(&patience_, tries) == 0)
                throw;
        }
    }
}

void connection::create(const database_options& options)
{
    db_.exec("BEGIN IMMEDIATE");
    if (db_.execAndGet("PRAGMA user_version").getInt() == 0) {
        db_.exec(schema);
        SQLite::Statement add(
            db_, "INSERT INTO meta VALUES('id', coalesce(nullif(?, ''), lower(hex(randomblob(16)))))");
        add.bind(1, options.fresh_id);
        add.exec();
        db_.exec(fmt::format("PRAGMA user_version={}", format_version));
    }
    db_.exec("COMMIT");
}

// ---- the log

/// sqlite3_wal_hook: what SQLite's own does, as far as readers and writers let it at once, and no failure of
/// that is one of the commit.
int connection::after_commit(void* self, sqlite3* db, const char* name, int pages)
{
    constexpr int checkpoint_after = 1000;
    static_cast<connection*>(self)->log_pages_ = static_cast<std::uint64_t>(pages);
    if (pages >= checkpoint_after)
        sqlite3_wal_checkpoint_v2(db, name, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
    return SQLITE_OK;
}

/// SQLite does not ask the busy handler while another makes a checkpoint; then it does not count the pages.
bool connection::restart_log(milliseconds patience)
{
    lock_patience limit{static_cast<int>(patience.count()), nullptr};
    sqlite3_busy_handler(db_.getHandle(), wait_for_lock, &limit);
    int result = SQLITE_OK;
    for (int tries = 0;; ++tries) {
        int pages = -1;
        result =
            sqlite3_wal_checkpoint_v2(db_.getHandle(), "main", SQLITE_CHECKPOINT_RESTART, &pages, nullptr);
        if (result != SQLITE_BUSY || pages >= 0 || wait_for_lock(&limit, tries) == 0)
            break;
    }
    sqlite3_busy_handler(db_.getHandle(), wait_for_lock, &patience_);
    if (result == SQLITE_OK)
        log_pages_ = 0;
    return result == SQLITE_OK;
}

// ---- transactions

connection::transaction::transaction(connection& file, kind k) : file_(file)
{
    if (file_.was_moved()) // what is written there, nobody will ever read
        throw history_error(reason::other, file_.path_ + ": was moved or replaced while it was open");
    query(k == kind::read ? file_.sql.begin_read : file_.sql.begin_write).run();
}

connection::transaction::~transaction()
{
    if (sqlite3_get_autocommit(file_.db_.getHandle()) == 0) // some errors end it by themselves
        file_.db_.tryExec("ROLLBACK");
}

void connection::transaction::commit()
{
    query(file_.sql.end).run();
}

connection::unsynced::unsynced(connection& file, durability usual) : file_(file), usual_(usual)
{
    file_.db_.exec(synchronous(durability::os));
}

connection::unsynced::~unsynced()
{
    file_.db_.tryExec(synchronous(usual_));
}

} // namespace citron::backend
