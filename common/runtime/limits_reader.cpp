#include "common/runtime/limits_reader.hpp"

#include "common/runtime/conf_reader.hpp"

#include <algorithm>
#include <cctype>
#include <string_view>

namespace citron::runtime {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t many = 1'000'000, plenty = 1'000'000'000;
constexpr std::size_t minute = 60'000, hour = 3'600'000; // milliseconds
constexpr std::size_t fewest_bytes = 8'192; ///< a second: what one read takes in must be made up for soon

class section_reader
{
public:
    explicit section_reader(const conf_node& section) : section_(section) { section_.must_be_object(); }

    void number(std::string_view key, std::size_t& value, std::size_t lowest, std::size_t highest)
    {
        if (has(key))
            value = section_.at(key).number(lowest, highest);
    }
    void time(std::string_view key, milliseconds& value, std::size_t lowest, std::size_t highest)
    {
        if (has(key))
            value = milliseconds(section_.at(key).number(lowest, highest));
    }
    /// {"session": 50, "user": 100, "ip": 1000}; 0 or at least `lowest`.
    void rate(std::string_view key, rate_config& value, std::size_t lowest = 1)
    {
        if (!has(key))
            return;
        section_reader scopes(section_.at(key));
        const auto scope = [&](std::string_view name, std::size_t& rate) {
            scopes.number(name, rate, 0, plenty);
            if (rate != 0 && rate < lowest)
                scopes.section_.at(name).fail("must be 0 or at least " + std::to_string(lowest));
        };
        scope("session", value.session);
        scope("user", value.user);
        scope("ip", value.ip);
        scopes.no_more();
    }
    template <typename Read>
    void list(std::string_view key, auto& values, Read&& read)
    {
        if (!has(key))
            return;
        const auto node = section_.at(key);
        node.must_be_list();
        values.clear();
        for (std::size_t i = 0; i < node.size(); ++i)
            values.push_back(read(node.at(i)));
    }
    void flag(std::string_view key, bool& value)
    {
        if (has(key))
            value = section_.at(key).flag();
    }
    void no_more() const { section_.only(known_, "is no key of this section"); }

private:
    bool has(std::string_view key)
    {
        known_.push_back(key);
        return section_.has(key);
    }

    conf_node section_;
    std::vector<std::string_view> known_;
};

protocol::ip_network read_network(const conf_node& node)
{
    const auto network = protocol::parse_ip_network(node.text());
    if (!network)
        node.fail("must be an address or a network, as 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32");
    return *network;
}

/// As browsers write it: RFC 6454 section 6.1, or "null".
std::string read_origin(const conf_node& node)
{
    auto origin = node.text();
    std::ranges::transform(origin, origin.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const auto scheme = origin.find("://");
    const bool shaped = scheme != origin.npos && scheme > 0 && scheme + 3 < origin.size() &&
                        origin.find_first_of("/ \t*", scheme + 3) == origin.npos;
    if (!shaped && origin != "null")
        node.fail("must be an origin, as https://chat.example or http://127.0.0.1:3001");
    return origin;
}

} // namespace

void read_limits(limits_config& limits, const conf_node& section)
{
    section_reader keys(section);
    keys.number("packagesPerFrame", limits.packages_per_frame, 2, many);
    keys.number("sessionsPerIp", limits.sessions_per_ip, 0, many);
    keys.number("connectsPerSecond", limits.connects_per_second, 0, many);
    keys.rate("requestsPerSecond", limits.requests);
    keys.rate("entersPerSecond", limits.enters);
    keys.rate("bytesPerSecond", limits.bytes, fewest_bytes);
    keys.time("burstMs", limits.burst, 100, minute);
    keys.number("abuseRefusals", limits.abuse, 0, many);
    keys.time("abuseMs", limits.abuse_span, 100, hour);
    keys.time("handshakeMs", limits.handshake, 200, hour);
    keys.number("membersPerRoom", limits.members_per_room, 1, many);
    keys.number("roomsPerServer", limits.rooms_per_server, 1, 100 * many);
    keys.number("historyPage", limits.history_page, 1, 100); // what clients may ask for
    keys.no_more();
}

void read_admission(admission_config& admission, const conf_node& section)
{
    section_reader keys(section);
    keys.list("allow", admission.allow, read_network);
    keys.list("block", admission.block, read_network);
    keys.list("origins", admission.origins, read_origin);
    keys.list("proxies", admission.proxies, read_network);
    keys.flag("proxyProtocol", admission.proxy_protocol);
    keys.no_more();
}

} // namespace citron::runtime
