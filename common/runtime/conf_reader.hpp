// A JSON file whose every complaint names the file and the key: "conf/servers.json: development.chat[1].id:
// ...".
#pragma once

#include "common/runtime/config.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace citron::runtime {

/// A value inside a conf_file, which must outlive it. All checks throw config_error.
class conf_node
{
public:
    conf_node(const std::string& file, std::string key, const nlohmann::json& value)
        : file_(file), key_(std::move(key)), value_(value)
    {
    }

    [[noreturn]] void fail(const std::string& complaint) const;
    /// "conf/servers.json: development.chat[1].id", for complaints that come later.
    [[nodiscard]] std::string where() const;

    [[nodiscard]] bool has(std::string_view key) const { return value_.contains(key); }
    [[nodiscard]] conf_node at(std::string_view key) const; ///< of an object; "is missing" otherwise
    [[nodiscard]] conf_node at(std::size_t index) const;    ///< of a list; precondition: index < size()
    [[nodiscard]] bool is_list() const { return value_.is_array(); }
    [[nodiscard]] bool is_text() const { return value_.is_string(); }
    [[nodiscard]] std::size_t size() const { return value_.size(); }
    [[nodiscard]] std::vector<std::string> keys() const; ///< of an object
    void must_be_object() const;
    void must_be_list() const;
    /// No keys but these.
    void only(std::span<const std::string_view> keys, const std::string& complaint) const;
    void only(std::initializer_list<std::string_view> keys, const std::string& complaint) const
    {
        only(std::span(keys.begin(), keys.size()), complaint);
    }

    [[nodiscard]] std::string text() const;
    [[nodiscard]] bool flag() const;                                                       ///< true or false
    [[nodiscard]] std::uint64_t number(std::uint64_t lowest, std::uint64_t highest) const; ///< a whole number

private:
    const std::string& file_;
    std::string key_;
    const nlohmann::json& value_;
};

/// A parsed file. Throws config_error when it cannot be read, is no JSON (line and column), or names a key
/// twice.
class conf_file
{
public:
    explicit conf_file(const std::filesystem::path& path);
    conf_file(const conf_file&) = delete;
    conf_file& operator=(const conf_file&) = delete;

    [[nodiscard]] conf_node root() const { return {name_, "", json_}; }

private:
    std::string name_;
    nlohmann::json json_;
};

} // namespace citron::runtime
