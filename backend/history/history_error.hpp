// Why the history file could not be read or written.
#pragma once

#include <stdexcept>
#include <string>

namespace citron::backend {

/// what(): one line that names the file. What failed left nothing half done.
struct history_error : std::runtime_error
{
    enum class reason
    {
        busy,    ///< another process kept the file locked for longer than our patience; try again
        full,    ///< the disk, or database_options::max_bytes
        io,      ///< reading or writing failed
        corrupt, ///< damaged, or no SQLite file at all
        other    ///< cannot be opened or written, was moved away, is of another version ...
    };

    history_error(reason r, const std::string& what) : std::runtime_error(what), why(r) {}

    /// Waiting may help.
    [[nodiscard]] bool passing() const
    {
        return why == reason::busy || why == reason::full || why == reason::io;
    }

    reason why;
};

} // namespace citron::backend
