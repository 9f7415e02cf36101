#include "common/protocol/json_writer.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

namespace citron::protocol {
namespace {

/// What must not stand between quotes as it is.
constexpr auto needs_escape = [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
};

void append_escape(std::string& out, char c)
{
    constexpr std::string_view plain = "\"\\\b\f\n\r\t", letters = "\"\\bfnrt", digits = "0123456789abcdef";
    if (const auto known = plain.find(c); known != plain.npos) {
        out.push_back('\\');
        out.push_back(letters[known]);
        return;
    }
    out.append("\\u00");
    out.push_back(digits[static_cast<unsigned char>(c) >> 4U]);
    out.push_back(digits[static_cast<unsigned char>(c) & 0xfU]);
}

void append(std::string& out, std::string_view text)
{
    out.push_back('"');
    for (const auto* next = text.begin(); next != text.end();) {
        const auto* const first = next;
        next = std::find_if(next, text.end(), needs_escape);
        out.append(first, next);
        if (next != text.end())
            append_escape(out, *next++);
    }
    out.push_back('"');
}

void append(std::string& out, std::uint64_t number)
{
    char digits[std::numeric_limits<std::uint64_t>::digits10 + 1];
    out.append(digits, std::to_chars(std::begin(digits), std::end(digits), number).ptr);
}

void append(std::string& out, std::span<const std::string> texts)
{
    out.push_back('[');
    for (const auto& text : texts) {
        if (&text != &texts.front())
            out.push_back(',');
        append(out, std::string_view(text));
    }
    out.push_back(']');
}

void append(std::string& out, raw_json value)
{
    out.append(value.text);
}

constexpr std::size_t added_later = 96; // what a room adds to a message

std::size_t size_of(std::string_view text)
{
    return text.size() + 2;
}

std::size_t size_of(std::uint64_t /*most of them*/)
{
    return std::numeric_limits<std::uint64_t>::digits10 + 1;
}

std::size_t size_of(std::span<const std::string> texts)
{
    std::size_t size = 2;
    for (const auto& text : texts)
        size += size_of(std::string_view(text)) + 1;
    return size;
}

std::size_t size_of(raw_json value)
{
    return value.text.size();
}

} // namespace

bool json_value::exists() const
{
    const auto* raw = std::get_if<raw_json>(&value_);
    return !raw || !raw->text.empty();
}

void json_value::append_to(std::string& out) const
{
    std::visit([&out](const auto& value) { append(out, value); }, value_);
}

std::size_t json_value::size() const
{
    return std::visit([](const auto& value) { return size_of(value); }, value_);
}

json_writer::json_writer(std::string_view open)
{
    text_.reserve(open.size() + added_later);
    text_.append(open);
}

json_writer::json_writer(std::initializer_list<json_member> members)
{
    constexpr std::size_t signs = 4; // around a member
    std::size_t size = added_later;
    for (const auto& [key, value] : members)
        size += key.size() + signs + value.size();
    text_.reserve(size);
    text_.push_back('{');
    add(members);
}

void json_writer::add(std::string_view key, const json_value& value)
{
    if (!value.exists())
        return;
    if (text_.size() > 1)
        text_.push_back(',');
    text_.append("\"").append(key).append("\":");
    value.append_to(text_);
}

void json_writer::add(std::initializer_list<json_member> members)
{
    for (const auto& [key, value] : members)
        add(key, value);
}

std::string json_writer::close() &&
{
    text_.push_back('}');
    return std::move(text_);
}

} // namespace citron::protocol
