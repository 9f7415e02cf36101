#include "common/protocol/route.hpp"

#include <algorithm>

namespace citron::protocol {
namespace {

bool is_word(std::string_view text)
{
    const auto letter = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    };
    return !text.empty() && std::ranges::all_of(text, letter);
}

} // namespace

std::optional<route> parse_route(std::string_view text)
{
    constexpr std::size_t longest = 255; // the length byte of the message layer
    const auto first = text.find('.');
    const auto second = first == text.npos ? text.npos : text.find('.', first + 1);
    if (text.size() > longest || second == text.npos)
        return std::nullopt;
    const route parsed{text.substr(0, first), text.substr(first + 1, second - first - 1),
                       text.substr(second + 1)};
    if (!is_word(parsed.server) || !is_word(parsed.service) || !is_word(parsed.method))
        return std::nullopt;
    return parsed;
}

} // namespace citron::protocol
