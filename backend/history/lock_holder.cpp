#include "backend/history/lock_holder.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

namespace citron::backend {
namespace {

// Bytes behind the two copies of the index header. The third is that of a recovery.
constexpr off_t write_lock = 120, checkpoint_lock = 121;
constexpr std::array<off_t, 6> log_locks{checkpoint_lock, 123, 124, 125, 126, 127};

} // namespace

process_name process_of(std::uint64_t pid)
{
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    std::string line;
    std::getline(file, line);
    const auto name_ends = line.rfind(')'); // the name may hold anything
    if (name_ends == std::string::npos)
        return {pid, 0};
    constexpr int state = 3, start_time = 22; // fields, as proc(5) numbers them
    std::istringstream fields(line.substr(name_ends + 1));
    std::string skipped;
    for (int field = state; field < start_time; ++field)
        fields >> skipped;
    process_name who{pid, 0};
    fields >> who.started;
    return who;
}

bool end_process(const process_name& who)
{
    return who.started != 0 && process_of(who.pid) == who &&
           ::kill(static_cast<pid_t>(who.pid), SIGKILL) == 0;
}

pid_t lock_holder::find()
{
    return open() ? holder_of(write_lock) : 0;
}

std::vector<pid_t> lock_holder::find_readers()
{
    std::vector<pid_t> found;
    if (!open())
        return found;
    for (const auto lock : log_locks) {
        const auto pid = holder_of(lock);
        if (pid != 0 && std::ranges::find(found, pid) == found.end())
            found.push_back(pid);
    }
    return found;
}

bool lock_holder::open()
{
    std::error_code none;
    const auto shared = std::filesystem::canonical(path_, none).string() + "-shm";
    struct stat now
    {
    };
    if (none || ::stat(shared.c_str(), &now) != 0)
        return false;
    if (fd_ < 0 || now.st_ino != inode_) {
        fd_ = ::open(shared.c_str(), O_RDWR | O_CLOEXEC); // the one before stays open, see find()
        inode_ = now.st_ino;
    }
    return fd_ >= 0;
}

pid_t lock_holder::holder_of(off_t lock) const
{
    struct flock asked
    {
    };
    asked.l_type = F_WRLCK;
    asked.l_whence = SEEK_SET;
    asked.l_start = lock;
    asked.l_len = 1;
    if (::fcntl(fd_, F_GETLK, &asked) != 0 || asked.l_type == F_UNLCK)
        return 0;
    return asked.l_pid;
}

} // namespace citron::backend
