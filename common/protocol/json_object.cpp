#include "common/protocol/json_object.hpp"

#include "common/protocol/utf8.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <ranges>

namespace citron::protocol {
namespace {

constexpr int deepest = 64; // bounds the stack that strangers can make us use

/// Stands for itself in a string, and takes one byte.
constexpr auto is_plain = [](char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; };

bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/// Walks over JSON text (RFC 8259). Each function steps over what it is named after, and says whether it was
/// there.
class scanner
{
public:
    explicit scanner(std::string_view text) : next_(text.data()), end_(text.data() + text.size()) {}

    /// `on_member` gets key and value as they stand there.
    template <typename OnMember>
    bool object(int depth, OnMember on_member)
    {
        if (depth > deepest || !sign('{'))
            return false;
        if (sign('}'))
            return true;
        do {
            const auto* const key = begin();
            if (!string())
                return false;
            const std::string_view name(key, next_);
            if (!sign(':'))
                return false;
            const auto* const first = begin();
            if (!value(depth))
                return false;
            on_member(name, std::string_view(first, next_));
        } while (sign(','));
        return sign('}');
    }
    bool end() { return begin() == end_; }

private:
    /// Where the next token begins.
    const char* begin()
    {
        while (next_ != end_ && (*next_ == ' ' || *next_ == '\n' || *next_ == '\r' || *next_ == '\t'))
            ++next_;
        return next_;
    }
    bool exactly(char c)
    {
        const bool found = next_ != end_ && *next_ == c;
        next_ += found;
        return found;
    }
    bool sign(char c)
    {
        begin();
        return exactly(c);
    }
    bool word(std::string_view text)
    {
        const bool found = std::string_view(next_, end_).starts_with(text);
        next_ += found ? text.size() : 0;
        return found;
    }
    /// `depth`: of what it is in.
    bool value(int depth)
    {
        if (end())
            return false;
        switch (*next_) {
        case '{':
            return object(depth + 1, [](std::string_view, std::string_view) {});
        case '[':
            return array(depth + 1);
        case '"':
            return string();
        case 't':
            return word("true");
        case 'f':
            return word("false");
        case 'n':
            return word("null");
        default:
            return number();
        }
    }
    bool array(int depth)
    {
        if (depth > deepest || !sign('['))
            return false;
        if (sign(']'))
            return true;
        do {
            if (!value(depth))
                return false;
        } while (sign(','));
        return sign(']');
    }
    bool string()
    {
        if (!exactly('"'))
            return false;
        for (;;) {
            next_ = std::find_if_not(next_, end_, is_plain);
            if (exactly('"'))
                return true;
            if (next_ == end_ || !(exactly('\\') ? escape() : code_point()))
                return false;
        }
    }
    bool code_point()
    {
        std::string_view rest(next_, end_);
        char32_t point = 0;
        const bool valid = take_code_point(rest, point) && point >= 0x20;
        next_ = rest.data();
        return valid;
    }
    bool escape()
    {
        if (exactly('u'))
            return escaped_code_point();
        constexpr std::string_view known = "\"\\/bfnrt";
        return next_ != end_ && known.find(*next_++) != known.npos;
    }
    bool escaped_code_point()
    {
        unsigned unit = 0;
        if (!hex(unit) || (unit >= 0xdc00 && unit <= 0xdfff))
            return false;
        if (unit < 0xd800 || unit > 0xdbff)
            return true;
        return word("\\u") && hex(unit) && unit >= 0xdc00 && unit <= 0xdfff; // its other half
    }
    bool hex(unsigned& unit)
    {
        constexpr std::ptrdiff_t digits = 4;
        if (end_ - next_ < digits)
            return false;
        const auto [last, error] = std::from_chars(next_, next_ + digits, unit, 16);
        const bool all = error == std::errc() && last == next_ + digits;
        next_ = last;
        return all;
    }
    bool digits()
    {
        const auto* const first = next_;
        while (next_ != end_ && is_digit(*next_))
            ++next_;
        return next_ != first;
    }
    bool number()
    {
        const auto* const first = next_;
        (void)exactly('-');
        if (!exactly('0') && !digits())
            return false;
        if (exactly('.') && !digits())
            return false;
        const bool power = exactly('e') || exactly('E');
        if (power) {
            (void)(exactly('+') || exactly('-'));
            if (!digits())
                return false;
        }
        constexpr std::ptrdiff_t surely_finite = 300; // digits
        return (!power && next_ - first < surely_finite) ||
               std::isfinite(std::strtod(std::string(first, next_).c_str(), nullptr));
    }

    const char *next_, *end_;
};

/// What a JSON string says: mostly what stands between the quotes.
std::string unquoted(std::string_view quoted)
{
    if (quoted.find('\\') != quoted.npos)
        return nlohmann::json::parse(quoted).get<std::string>();
    return std::string(quoted.substr(1, quoted.size() - 2));
}

/// Takes the next character off a checked key: as it stands, behind a backslash, or as \u and four digits.
/// 0: none of those that keys of ours hold. Precondition: there is one.
unsigned take_ascii(std::string_view& rest)
{
    constexpr std::size_t prefix = 2, digits = 4;
    const bool escaped = rest[0] == '\\', coded = escaped && rest[1] == 'u';
    unsigned found = static_cast<unsigned char>(escaped ? rest[1] : rest[0]);
    if (coded)
        std::from_chars(rest.data() + prefix, rest.data() + prefix + digits, found, 16);
    else if (escaped && found != '"' && found != '\\' && found != '/')
        found = 0; // a control character
    rest.remove_prefix(coded ? prefix + digits : escaped ? 2 : 1);
    return found;
}

/// A body may have a hundred thousand keys with escapes: none of them is decoded for that.
bool says(std::string_view quoted, std::string_view key)
{
    auto rest = quoted.substr(1, quoted.size() - 2);
    for (const char c : key)
        if (rest.empty() || take_ascii(rest) != static_cast<unsigned char>(c))
            return false;
    return rest.empty();
}

} // namespace

result<json_object> json_object::parse(std::string_view text)
{
    json_object found;
    if (text.empty())
        return found;
    constexpr std::size_t usual = 8;
    found.members_.reserve(usual);
    scanner scan(text);
    const auto keep = [&found](std::string_view key, std::string_view value) {
        found.members_.emplace_back(key, value);
    };
    if (!scan.object(1, keep) || !scan.end())
        return std::unexpected(errc::bad_request);
    return found;
}

raw_json json_object::value(std::string_view key) const
{
    for (const auto& [name, value] : members_ | std::views::reverse)
        if (says(name, key))
            return {value};
    return {};
}

std::string json_object::text(std::string_view key) const
{
    const auto found = value(key).text;
    if (found.starts_with('"'))
        return unquoted(found);
    const bool number = found.starts_with('-') || (!found.empty() && is_digit(found[0]));
    return number ? nlohmann::json::parse(found).dump() : std::string{};
}

result<std::uint64_t> json_object::number(std::string_view key, std::uint64_t otherwise) const
{
    const auto found = value(key).text;
    if (found.empty())
        return otherwise;
    std::uint64_t number = 0;
    const auto* const end = found.data() + found.size();
    if (const auto [last, error] = std::from_chars(found.data(), end, number);
        error != std::errc() || last != end)
        return std::unexpected(errc::bad_request);
    return number;
}

} // namespace citron::protocol
