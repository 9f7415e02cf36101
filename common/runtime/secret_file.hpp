// Whether a file that holds a secret keeps it.
#pragma once

#include <filesystem>
#include <string_view>
#include <system_error>

namespace citron::runtime {

/// What is wrong with the permissions of a file with a secret in it: every user of this machine may read or
/// change it. Empty: nothing is, or there is no such file.
[[nodiscard]] inline std::string_view exposure_of(const std::filesystem::path& file)
{
    using std::filesystem::perms;
    std::error_code unknown;
    const auto found = std::filesystem::status(file, unknown);
    const bool exists = !unknown && std::filesystem::exists(found);
    return exists && (found.permissions() & perms::others_all) != perms::none
               ? "is open to every user of this machine: chmod 600"
               : "";
}

} // namespace citron::runtime
