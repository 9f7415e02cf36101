// Lists of networks, one a line, and X-Forwarded-For: the sorted list says what each network alone would.
#include "frontend/address_list.hpp"
#include "frontend/forwarded.hpp"
#include "test/fuzz/fuzz.hpp"

#include <algorithm>
#include <string>
#include <vector>

using namespace citron;
using citron::fuzz::must;
using protocol::ip_address;
using protocol::ip_network;

namespace {

std::vector<std::string_view> lines_of(std::string_view text)
{
    std::vector<std::string_view> lines;
    for (std::size_t end = 0; end != text.npos; text.remove_prefix(end == text.npos ? 0 : end + 1)) {
        end = text.find('\n');
        lines.push_back(text.substr(0, end));
    }
    return lines;
}

/// The addresses before and behind it, if the last byte can say so.
void add_with_neighbours(std::vector<ip_address>& all, const ip_address& one)
{
    auto before = one, behind = one;
    const std::size_t last = one.family == 4 ? ip_address::v4_size - 1 : ip_address::v6_size - 1;
    before.bytes[last] = static_cast<std::uint8_t>(before.bytes[last] - 1U);
    behind.bytes[last] = static_cast<std::uint8_t>(behind.bytes[last] + 1U);
    all.insert(all.end(), {one, before, behind});
}

void check(const ip_network& network, std::string_view line)
{
    must(network.first <= network.last && network.first.family == network.last.family, "from first to last");
    must(network.contains(network.first) && network.contains(network.last), "ends belong to it");
    const auto text = protocol::to_text(network.first);
    must(protocol::parse_ip_address(text) == network.first, "an address is read as it is written");
    const auto again = protocol::parse_ip_network(text);
    must(again && again->first == network.first && again->last == network.first, "one address is a network");
    must(line.find('/') != line.npos || network.first == network.last, "without a prefix it is one address");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    constexpr std::size_t most = 64; // each is compared with each
    auto lines = lines_of(fuzz::input(data, size).rest());
    lines.resize(std::min(lines.size(), most));
    std::vector<ip_network> networks;
    std::vector<ip_address> asked;
    for (const auto line : lines) {
        if (const auto address = protocol::parse_ip_address(line))
            asked.push_back(*address);
        const auto network = protocol::parse_ip_network(line);
        if (!network)
            continue;
        check(*network, line);
        networks.push_back(*network);
        add_with_neighbours(asked, network->first);
        add_with_neighbours(asked, network->last);
    }
    const frontend::address_list list(networks);
    for (const auto& one : asked) {
        const bool any = std::ranges::any_of(networks, [&](const auto& n) { return n.contains(one); });
        must(list.contains(one) == any, "the list contains what a network contains");
        const auto client = frontend::forwarded_client(one, lines, list);
        must(any || client == one, "who is no proxy speaks for himself");
    }
    must(list.empty() == networks.empty(), "an empty list is one of nothing");
    return 0;
}
