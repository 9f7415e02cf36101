#include "common/runtime/conf_reader.hpp"

#include "common/runtime/printable.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <set>
#include <system_error>

namespace citron::runtime {
namespace {

using nlohmann::json;

/// Refuses a key that stands twice in one object: JSON parsers would silently take the last one.
class no_key_twice
{
public:
    explicit no_key_twice(const std::string& file) : file_(file) {}

    bool operator()(int, json::parse_event_t event, json& parsed)
    {
        if (event == json::parse_event_t::object_start)
            open_.emplace_back();
        else if (event == json::parse_event_t::object_end)
            open_.pop_back();
        else if (event == json::parse_event_t::key && !open_.back().insert(parsed.get<std::string>()).second)
            throw config_error(file_ + ": key \"" + log::printable(parsed.get<std::string>()) +
                               "\" stands twice in one object");
        return true;
    }

private:
    const std::string& file_;
    std::vector<std::set<std::string>> open_;
};

std::string read_all(const std::filesystem::path& path)
{
    std::ifstream in(path, std::ios::binary);
    if (!in.is_open() || std::filesystem::is_directory(path))
        throw config_error(path.string() + ": cannot be read: " +
                           std::generic_category().message(in.is_open() ? EISDIR : errno));
    return {std::istreambuf_iterator<char>(in), {}};
}

/// nlohmann says "[json.exception.parse_error.101] parse error at line 3, column 5: syntax error ...", or
/// "[json.exception.out_of_range.406] number overflow parsing '1e999'".
std::string complaint_of(const json::exception& error)
{
    std::string_view all = error.what();
    for (const std::string_view prefix : {"] ", "parse error at "})
        if (const auto at = all.find(prefix); at != all.npos)
            all.remove_prefix(at + prefix.size());
    all = all.substr(0, all.find("; last read: ")); // may be a secret, which belongs into no log
    return log::printable(all);
}

} // namespace

conf_file::conf_file(const std::filesystem::path& path) : name_(path.string())
{
    const auto bytes = read_all(path);
    if (bytes.find('\0') != bytes.npos) // the parser would take it for the end, whatever follows
        throw config_error(name_ + ": holds a NUL byte");
    try {
        // The parser copies its callback: the state lives here.
        no_key_twice check(name_);
        json_ = json::parse(bytes, [&check](int depth, json::parse_event_t event, json& parsed) {
            return check(depth, event, parsed);
        });
    } catch (const json::exception& error) {
        throw config_error(name_ + ": " + complaint_of(error));
    }
}

void conf_node::fail(const std::string& complaint) const
{
    throw config_error(where() + ": " + log::printable(complaint));
}

std::string conf_node::where() const
{
    return file_ + (key_.empty() ? "" : ": " + log::printable(key_));
}

conf_node conf_node::at(std::string_view key) const
{
    auto name = key_.empty() ? std::string(key) : key_ + "." + std::string(key);
    const auto found = value_.find(key);
    if (found == value_.end())
        throw config_error(file_ + ": " + log::printable(name) + ": is missing");
    return {file_, std::move(name), *found};
}

conf_node conf_node::at(std::size_t index) const
{
    return {file_, fmt::format("{}[{}]", key_, index), value_.at(index)};
}

std::vector<std::string> conf_node::keys() const
{
    std::vector<std::string> all;
    for (const auto& [key, value] : value_.items())
        all.push_back(key);
    return all;
}

void conf_node::must_be_object() const
{
    if (!value_.is_object())
        fail("must be an object {...}");
}

void conf_node::must_be_list() const
{
    if (!value_.is_array())
        fail("must be a list [...]");
}

void conf_node::only(std::span<const std::string_view> keys, const std::string& complaint) const
{
    for (const auto& [key, value] : value_.items())
        if (std::ranges::find(keys, key) == keys.end())
            at(key).fail(complaint);
}

std::string conf_node::text() const
{
    if (!value_.is_string())
        fail("must be a text");
    return value_.get<std::string>();
}

bool conf_node::flag() const
{
    if (!value_.is_boolean())
        fail("must be true or false");
    return value_.get<bool>();
}

std::uint64_t conf_node::number(std::uint64_t lowest, std::uint64_t highest) const
{
    // Negative numbers parse as signed, large ones as unsigned, 1.0 as a fraction.
    const bool whole = value_.is_number_unsigned() && value_.get<std::uint64_t>() >= lowest &&
                       value_.get<std::uint64_t>() <= highest;
    if (!whole)
        fail(fmt::format("must be a whole number from {} to {}", lowest, highest));
    return value_.get<std::uint64_t>();
}

} // namespace citron::runtime
