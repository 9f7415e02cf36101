// Who holds the locks of an SQLite file: a process that stands still in the middle of a commit keeps all
// others from writing, one in the middle of a read keeps the log from being begun anew.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace citron::backend {

/// A process, and no later one that got its number.
struct process_name
{
    std::uint64_t pid = 0;
    std::uint64_t started = 0; ///< field 22 of /proc/PID/stat: clock ticks since the machine was started
    bool operator==(const process_name&) const = default;
};

/// started: 0 when there is no such process.
[[nodiscard]] process_name process_of(std::uint64_t pid);
/// SIGKILL, if it is still that process. False: it was not, or we may not.
bool end_process(const process_name& who);

class lock_holder
{
public:
    /// `path` of the database; the "-shm" file beside it - beside what a symbolic link leads to - has the
    /// locks (https://sqlite.org/walformat.html, 2.2 and 2.3.1).
    explicit lock_holder(std::string path) : path_(std::move(path)) {}
    lock_holder(const lock_holder&) = delete;
    lock_holder& operator=(const lock_holder&) = delete;

    /// Who writes: the pid; 0: nobody else, or it cannot be told. The file that it opens stays open until the
    /// process ends: closing it would drop the locks that SQLite holds on it for us (POSIX locks belong to
    /// the process).
    [[nodiscard]] pid_t find();
    /// Who reads or makes a checkpoint, each once. Of several who read the same state one is told.
    [[nodiscard]] std::vector<pid_t> find_readers();

private:
    bool open();
    [[nodiscard]] pid_t holder_of(off_t lock) const;

    std::string path_;
    int fd_ = -1;
    ino_t inode_ = 0;
};

} // namespace citron::backend
