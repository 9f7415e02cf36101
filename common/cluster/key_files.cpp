#include "common/cluster/key_files.hpp"

#include "common/cluster/roles.hpp"
#include "common/runtime/config.hpp"
#include "common/runtime/secret_file.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <fstream>
#include <system_error>

namespace citron::cluster {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const fs::path& file, std::string_view complaint)
{
    throw runtime::config_error(fmt::format("{}: {}", file.string(), complaint));
}

/// One key a line; what surrounds it, and empty lines, do not matter.
std::vector<std::string> read_keys(const fs::path& file)
{
    if (!has_curve())
        fail(file, "this libzmq has no CURVE");
    std::ifstream in(file);
    if (!in.is_open() || fs::is_directory(file))
        fail(file, fmt::format("cannot be read: {} (citron keygen makes keys)",
                               std::generic_category().message(in.is_open() ? EISDIR : errno)));
    std::vector<std::string> keys;
    constexpr std::string_view blanks = " \t\r";
    std::size_t number = 0;
    for (std::string line; std::getline(in, line);) {
        ++number;
        const auto first = line.find_first_not_of(blanks);
        if (first == line.npos)
            continue;
        auto key = line.substr(first, line.find_last_not_of(blanks) + 1 - first);
        if (!decoded_key(key)) // never shown: it may be a secret with a slip in it
            fail(file, fmt::format("line {}: is no key (40 characters of Z85)", number));
        keys.push_back(std::move(key));
    }
    if (keys.empty())
        fail(file, "has no key in it");
    return keys;
}

fs::path file_of(const fs::path& folder, std::string_view role, std::string_view what)
{
    return folder / fmt::format("{}.{}", role, what);
}

} // namespace

std::string read_secret(const fs::path& folder, std::string_view role)
{
    const auto file = file_of(folder, role, "secret");
    const auto keys = read_keys(file);
    if (const auto why = runtime::exposure_of(file); !why.empty())
        fail(file, why);
    if (keys.size() != 1)
        fail(file, "must have one key in it");
    return keys.front();
}

std::vector<std::string> read_public(const fs::path& folder, std::string_view role)
{
    return read_keys(file_of(folder, role, "public"));
}

link_keys read_link_keys(const fs::path& folder, std::string_view role)
{
    return {.us = identity_with(read_secret(folder, role)), .broker = read_public(folder, broker_role)};
}

} // namespace citron::cluster
