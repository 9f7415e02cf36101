#include "common/protocol/json.hpp"

#include "common/protocol/utf8.hpp"

#include <set>
#include <vector>

namespace citron::protocol {
namespace {

/// nlohmann's dump is recursive: a bound on the stack that strangers can make us use.
constexpr int deepest = 64;

bool nested_too_deep(std::string_view text)
{
    int depth = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (in_string) {
            if (c == '\\')
                ++i;
            else if (c == '"')
                in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '[' || c == '{') {
            if (++depth > deepest)
                return true;
        } else if (c == ']' || c == '}') {
            --depth;
        }
    }
    return false;
}

/// What nlohmann's parser must not be shown: it takes a NUL for the end of the text, whatever follows, and
/// steps over a byte order mark.
bool unreadable(std::string_view text)
{
    return text.find('\0') != text.npos || text.starts_with("\xef\xbb\xbf") || nested_too_deep(text);
}

bool is_control(char32_t point)
{
    return point < 0x20 || (point >= 0x7f && point < 0xa0) || point == 0x2028 || point == 0x2029;
}

} // namespace

result<json> parse_json(std::string_view text)
{
    if (unreadable(text))
        return std::unexpected(errc::bad_request);
    auto value = json::parse(text, nullptr, false);
    if (value.is_discarded())
        return std::unexpected(errc::bad_request);
    return value;
}

result<json> parse_unambiguous(std::string_view text)
{
    if (unreadable(text))
        return std::unexpected(errc::bad_request);
    std::vector<std::set<std::string>> open; // the keys of each object that we are in
    bool twice = false;
    const auto watch = [&](int /*depth*/, json::parse_event_t event, json& parsed) {
        if (event == json::parse_event_t::object_start)
            open.emplace_back();
        else if (event == json::parse_event_t::object_end)
            open.pop_back();
        else if (event == json::parse_event_t::key)
            twice |= !open.back().insert(parsed.get<std::string>()).second;
        return true;
    };
    auto value = json::parse(text, watch, false);
    if (twice || value.is_discarded())
        return std::unexpected(errc::bad_request);
    return value;
}

result<json> parse_body(std::string_view text)
{
    if (text.empty())
        return json::object();
    auto value = parse_json(text);
    if (value && !value->is_object())
        return std::unexpected(errc::bad_request);
    return value;
}

std::string text_at(const json& object, std::string_view key)
{
    const auto found = object.find(key);
    if (found == object.end())
        return {};
    if (found->is_string())
        return found->get<std::string>();
    return found->is_number() ? found->dump() : std::string{};
}

result<std::uint64_t> number_at(const json& object, std::string_view key, std::uint64_t otherwise)
{
    const auto found = object.find(key);
    if (found == object.end())
        return otherwise;
    if (!found->is_number_unsigned())
        return std::unexpected(errc::bad_request);
    return found->get<std::uint64_t>();
}

bool is_name(std::string_view text)
{
    constexpr int longest = 64;
    int points = 0;
    for (; !text.empty(); ++points) {
        char32_t point = 0;
        if (points == longest || !take_code_point(text, point) || is_control(point) || point == U'*')
            return false;
    }
    return points > 0;
}

} // namespace citron::protocol
