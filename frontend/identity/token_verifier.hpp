// PURE. A token's text -> what it grants, or what is wrong with it (JWT, RFC 7519; RFC 8725 on what to
// refuse).
#pragma once

#include "common/protocol/types.hpp"
#include "frontend/identity/grant.hpp"
#include "frontend/identity/key_ring.hpp"

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace citron::frontend {

/// For counters; clients are not told more than `unauthorized`.
enum class token_fault : std::uint8_t
{
    too_large,   ///< beyond 8 KiB, or its header beyond 2
    malformed,   ///< no compact JWS with a JSON header; or one that says `crit`
    algorithm,   ///< `none`, one we do not take, or not the one of the key that it names
    unknown_key, ///< no such kid; or no kid, and not exactly one key for its algorithm
    signature,
    expired,
    not_yet,
    issuer,
    audience,
    claims ///< no JSON, no `exp`, `sub` is no user's name, `rooms` of another shape ...
};

[[nodiscard]] std::string_view name_of(token_fault fault);

struct token_rules
{
    std::string issuer;                   ///< what `iss` must be; "": anything
    std::string audience;                 ///< what `aud` must name; "": there must be no `aud`
    protocol::milliseconds leeway{5'000}; ///< by which clocks may differ
};

class token_verifier
{
public:
    static constexpr std::size_t longest_token = 8U << 10U;

    explicit token_verifier(token_rules rules) : rules_(std::move(rules)) {}

    /// From now on these alone count.
    void use(key_ring keys) { keys_ = std::move(keys); }
    [[nodiscard]] const key_ring& keys() const { return keys_; }
    [[nodiscard]] std::expected<grant, token_fault> verify(std::string_view token,
                                                           std::uint64_t unix_ms) const;

private:
    /// The claims, if a key of ours has signed them.
    [[nodiscard]] std::expected<protocol::json, token_fault> open(std::string_view token) const;
    [[nodiscard]] std::expected<grant, token_fault> judge(const protocol::json& claims,
                                                          std::uint64_t unix_ms) const;
    [[nodiscard]] bool is_for_us(const protocol::json& claims) const;

    token_rules rules_;
    key_ring keys_;
};

} // namespace citron::frontend
