#include "backend/history/lock_holder.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <csignal>
#include <fstream>
#include <sstream>

namespace citron::backend {

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
    constexpr off_t write_lock = 120; // the first of eight bytes behind the two copies of the index header
    struct stat now
    {
    };
    if (::stat(path_.c_str(), &now) != 0)
        return 0;
    if (fd_ < 0 || now.st_ino != inode_) {
        fd_ = ::open(path_.c_str(), O_RDWR | O_CLOEXEC); // the one before stays open, see find()
        inode_ = now.st_ino;
    }
    struct flock asked
    {
    };
    asked.l_type = F_WRLCK;
    asked.l_whence = SEEK_SET;
    asked.l_start = write_lock;
    asked.l_len = 1;
    if (fd_ < 0 || ::fcntl(fd_, F_GETLK, &asked) != 0 || asked.l_type == F_UNLCK)
        return 0;
    return asked.l_pid;
}

} // namespace citron::backend
