// A cluster in the open, in every fourth run: users prove who they are by tokens, and nobody may do as much
// as he likes.
#pragma once

#include "common/protocol/ip_address.hpp"
#include "common/runtime/limits.hpp"
#include "frontend/connector/authenticator.hpp"

#include <string>
#include <string_view>

namespace citron::sim {

/// Every token that counts is signed with one key; HS256.
[[nodiscard]] frontend::identity_options token_rules();
/// For `user`, for all rooms.
[[nodiscard]] std::string token_of(std::string_view user);
/// The `which`-th of tokens_of_strangers.
[[nodiscard]] std::string token_of_stranger(std::string_view user, std::size_t which);
/// A good one first, one for reading only, then such as nobody must be let in with.
inline constexpr std::size_t tokens_of_strangers = 12;

/// Clients reach those of requests now and then; a stranger that tries reaches those of abuse.
[[nodiscard]] runtime::limits_config limits();
/// Whoever is called so comes from there.
[[nodiscard]] protocol::ip_address address_of(std::string_view name);

} // namespace citron::sim
