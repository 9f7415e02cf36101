// The files that the keys of tokens are in: read at the start, a JWK set again when it has changed.
#pragma once

#include "common/runtime/config.hpp"
#include "frontend/connector/authenticator.hpp"
#include "frontend/identity/key_ring.hpp"

#include <sys/stat.h>

#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <tuple>

namespace citron::frontend {

class key_files
{
public:
    key_files(runtime::identity_config identity, std::filesystem::path conf_dir);

    /// All keys, the first time; runtime::config_error names the key of the conf that has none. Later, the
    /// JWK set is looked at once a second; if it is another one, all keys again; one that is of no use is
    /// logged, and the keys stay.
    [[nodiscard]] std::optional<key_ring> fresh(instant now);

private:
    /// Tells one state of a file from another; all zero: there is none.
    using stamp = std::tuple<ino_t, off_t, time_t, long>;

    [[nodiscard]] key_ring first();
    [[nodiscard]] std::expected<key_ring, std::string> with_set() const;
    [[nodiscard]] std::filesystem::path path_of(const std::string& name) const { return conf_dir_ / name; }
    [[nodiscard]] static stamp stamp_of(const std::filesystem::path& file);

    runtime::identity_config identity_;
    std::filesystem::path conf_dir_;
    bool begun_ = false;
    key_ring fixed_; ///< those of the conf itself
    stamp seen_{};
    instant looked_{};
};

/// For a connector. Reads no file yet.
[[nodiscard]] identity_options identity_options_of(const runtime::config& conf);

} // namespace citron::frontend
