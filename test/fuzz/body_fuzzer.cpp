// The JSON of a client's request: what our own scanner makes of it, beside what nlohmann's parser does.
#include "common/protocol/json.hpp"
#include "common/protocol/json_object.hpp"
#include "common/protocol/json_writer.hpp"
#include "common/protocol/utf8.hpp"
#include "test/fuzz/fuzz.hpp"

#include <algorithm>
#include <string>

using namespace citron::protocol;
using citron::fuzz::must;

namespace {

/// What keys of ours consist of: json_object finds no others.
bool is_ours(const std::string& key)
{
    return std::ranges::all_of(key, [](char c) { return c >= 0x20 && c < 0x7f; });
}

void same(const json_object& scanned, const json& parsed, const std::string& key)
{
    constexpr std::uint64_t otherwise = 7;
    must(scanned.contains(key) == parsed.contains(key), "a key is there, or it is not");
    must(scanned.text(key) == text_at(parsed, key), "both read the same text");
    must(scanned.number(key, otherwise) == number_at(parsed, key, otherwise), "both read the same number");
    if (scanned.contains(key))
        must(parse_json(scanned.value(key).text) == parsed[key], "a value is JSON of its own");
}

void write_again(const json_object& scanned, const std::string& key)
{
    const auto text = scanned.text(key);
    const auto written =
        json_writer({{"text", text}, {"raw", scanned.value(key).or_null()}, {"number", 42U}}).close();
    const auto read = json_object::parse(written);
    must(read && parse_body(written), "what is written is JSON");
    must(read->text("text") == text && read->number("number", 0) == 42U, "what is written is read");
    must(read->value("raw").text == scanned.value(key).or_null().text, "JSON is passed on as it is");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const auto text = citron::fuzz::input(data, size).rest();
    const auto scanned = json_object::parse(text);
    const auto parsed = parse_body(text);
    must(scanned.has_value() == parsed.has_value(), "both parsers take the same texts");
    if (is_name(text))
        must(is_utf8(text) && !text.empty() && text.find('*') == text.npos, "a name is printable text");
    if (!scanned)
        return 0;
    must(is_utf8(text), "JSON is UTF-8");
    for (const std::string key : {"", "rid", "content"})
        same(*scanned, *parsed, key);
    for (const auto& [key, value] : parsed->items()) {
        if (!is_ours(key))
            continue;
        same(*scanned, *parsed, key);
        write_again(*scanned, key);
    }
    return 0;
}
