// The PROXY header, version 2, before a connection.
#include "frontend/proxy_header.hpp"
#include "test/fuzz/fuzz.hpp"

#include <string>

using namespace citron::frontend;
using citron::fuzz::must;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    citron::fuzz::input in(data, size);
    const auto head = in.bytes(proxy_head_size);
    const auto more = proxy_rest_size(head);
    if (!more) {
        must(!proxied_client(head, in.rest()), "no header names a client");
        return 0;
    }
    must(*more <= proxy_rest_limit && head.size() == proxy_head_size, "a header is bounded");
    const auto rest = in.bytes(*more);
    const auto client = proxied_client(head, rest);
    if (rest.size() < *more) {
        must(!client, "a truncated header names no client");
        return 0;
    }
    must(!proxied_client(head, std::string(rest) + "x"), "a header is exactly its bytes");
    if (!client)
        return 0;
    constexpr std::size_t two_ends = 12; // of IPv4, with ports
    must(rest.size() >= two_ends, "both ends are there");
    const auto text = citron::protocol::to_text(*client);
    must(citron::protocol::parse_ip_address(text) == client, "a client has an address");
    return 0;
}
