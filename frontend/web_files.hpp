// The disk behind web_root.
#pragma once

#include "frontend/web_root.hpp"

#include <filesystem>

namespace citron::frontend {

/// Reads regular files below `folder`; a symbolic link that leads out of it is not followed.
[[nodiscard]] web_root::reader files_below(const std::filesystem::path& folder);

/// www/ beside the conf folder, or else of the source tree that this executable was built in; empty: neither
/// is there.
[[nodiscard]] std::filesystem::path find_www(const std::filesystem::path& conf_dir);

} // namespace citron::frontend
