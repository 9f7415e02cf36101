// PURE. A JSON object written straight into one string, member after member.
#pragma once

#include "common/protocol/json_object.hpp"

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace citron::protocol {

/// What a member is given: a text in valid UTF-8, a number, a truth, a list of texts, or JSON as it is.
/// Borrowed.
class json_value
{
public:
    template <std::convertible_to<std::string_view> Text>
    json_value(const Text& text) : value_(std::string_view(text))
    {
    }
    template <std::unsigned_integral Number>
    requires(!std::same_as<Number, bool>) json_value(Number number) : value_(std::uint64_t{number}) {}
    json_value(std::same_as<bool> auto yes) : value_(raw_json{yes ? "true" : "false"}) {}
    json_value(const std::vector<std::string>& texts) : value_(std::span(texts)) {}
    json_value(raw_json value) : value_(value) {}

    /// False: raw_json without a value.
    [[nodiscard]] bool exists() const;
    void append_to(std::string& out) const;
    /// How many bytes it takes, unless it needs escapes.
    [[nodiscard]] std::size_t size() const;

private:
    std::variant<std::string_view, std::uint64_t, std::span<const std::string>, raw_json> value_;
};

/// The key is written as it is: it needs no escapes.
struct json_member
{
    std::string_view key;
    json_value value;
};

class json_writer
{
public:
    json_writer(std::initializer_list<json_member> members = {});
    /// Goes on where open() of another writer ended.
    explicit json_writer(std::string_view open);

    /// A value that does not exist adds nothing.
    void add(std::string_view key, const json_value& value);
    void add(std::initializer_list<json_member> members);
    /// The whole object; nothing is left here.
    [[nodiscard]] std::string close() &&;
    /// What there is of it: without its last brace, for more members to come.
    [[nodiscard]] std::string open() && { return std::move(text_); }

private:
    std::string text_;
};

} // namespace citron::protocol
