// PURE. A stranger's JSON object, checked in one pass: its values stay the text that they came as.
#pragma once

#include "common/protocol/errc.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace citron::protocol {

/// One JSON value as text, known to be valid, to be passed on as it is. Borrowed. Empty: there is none.
struct raw_json
{
    std::string_view text;

    [[nodiscard]] raw_json or_null() const { return text.empty() ? raw_json{"null"} : *this; }
};

class json_object
{
public:
    /// A client's request body: an object; an empty body counts as {}, as in Pomelo. bad_request for anything
    /// else, for what is not valid JSON in valid UTF-8, for numbers that no double can hold, and for nesting
    /// more than 64 deep. The result borrows from `text`. Of a key that comes several times the last counts.
    [[nodiscard]] static result<json_object> parse(std::string_view text);

    /// Any value, byte for byte; none when it is missing.
    [[nodiscard]] raw_json value(std::string_view key) const;
    /// The value as text: what a string says; numbers count as their text; "" when it is missing or something
    /// else.
    [[nodiscard]] std::string text(std::string_view key) const;
    /// The value as an unsigned number; `otherwise` when it is missing, bad_request when it is something
    /// else.
    [[nodiscard]] result<std::uint64_t> number(std::string_view key, std::uint64_t otherwise) const;
    [[nodiscard]] bool contains(std::string_view key) const { return !value(key).text.empty(); }

private:
    using member = std::pair<std::string_view, std::string_view>; ///< key with its quotes, value

    std::vector<member> members_;
};

} // namespace citron::protocol
