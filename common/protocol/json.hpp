// PURE. JSON from strangers: parsed without throwing, nested no deeper than we can handle, names checked.
#pragma once

#include "common/protocol/errc.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace citron::protocol {

using nlohmann::json;
using nlohmann::ordered_json; ///< answers and pushes keep the key order of Pomelo

/// bad_request for anything that is not one JSON value in valid UTF-8, nested at most 64 deep.
[[nodiscard]] result<json> parse_json(std::string_view text);

/// parse_json, and no key stands twice in one object: no two parsers can read it differently.
[[nodiscard]] result<json> parse_unambiguous(std::string_view text);

/// A client's request body: an object. An empty body counts as {}, as in Pomelo.
[[nodiscard]] result<json> parse_body(std::string_view text);

/// The value of `key` as text; numbers count as their text; "" when missing, null or of another type.
[[nodiscard]] std::string text_at(const json& object, std::string_view key);

/// The same for an unsigned number; `otherwise` when missing, bad_request when it is something else.
[[nodiscard]] result<std::uint64_t> number_at(const json& object, std::string_view key,
                                              std::uint64_t otherwise);

/// A user's or room's name: 1 to 64 code points of valid UTF-8 without control characters and without '*'.
[[nodiscard]] bool is_name(std::string_view text);

} // namespace citron::protocol
