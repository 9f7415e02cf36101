// PURE. Named counters of one process. A class asks for its counter once and keeps the reference.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace citron::protocol {

/// Not thread-safe: one loop owns it. References stay valid as long as the object lives.
class counters
{
public:
    [[nodiscard]] std::uint64_t& at(std::string_view name)
    {
        const auto found = values_.find(name);
        return found != values_.end() ? found->second : values_.emplace(std::string(name), 0).first->second;
    }
    [[nodiscard]] const std::map<std::string, std::uint64_t, std::less<>>& all() const { return values_; }

private:
    std::map<std::string, std::uint64_t, std::less<>> values_;
};

} // namespace citron::protocol
