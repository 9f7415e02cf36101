// Pomelo's messages, and the routes in them: the body of a data package.
#include "common/protocol/package.hpp"
#include "common/protocol/route.hpp"
#include "test/fuzz/fuzz.hpp"

using namespace citron::protocol;
using citron::fuzz::must;

namespace {

/// A whole data package says the same as `m`.
void says(const std::string& package, const client_message& m)
{
    std::string_view bytes = package;
    const auto taken = take_package(bytes);
    must(taken && taken->type == package_type::data && bytes.empty(), "one data package");
    const auto again = decode_message(taken->body);
    must(again && again->type == m.type && again->id == m.id && again->route == m.route &&
             again->route_code == m.route_code && again->body == m.body,
         "a message is decoded as it was encoded");
}

void round_trip(const client_message& m)
{
    if (m.type == message_type::response) {
        says(encode_response(m.id, m.body), m);
        must(encode_response(m.id, m.body) == response_head(m.id, m.body.size()).append(m.body), "one head");
    } else if (m.route_code) {
        must(m.route.empty(), "a route is compressed, or it is there");
    } else if (m.type == message_type::push) {
        says(encode_push(m.route, m.body), m);
    } else if (m.type == message_type::notify || m.id != 0) {
        says(encode_request(m.id, m.route, m.body), m);
    }
}

void check_route(std::string_view text)
{
    const auto r = parse_route(text);
    if (!r)
        return;
    const auto joined = std::string(r->server) + "." + std::string(r->service) + "." + std::string(r->method);
    must(joined == text && joined.size() <= 255, "a route is its three parts");
    must(!r->server.empty() && !r->service.empty() && !r->method.empty(), "no part is empty");
    must(r->method.find('.') == text.npos, "there are no more than three");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const auto body = citron::fuzz::input(data, size).rest();
    check_route(body);
    const auto m = decode_message(body);
    if (!m)
        return 0;
    must(m->body.data() + m->body.size() == body.data() + body.size(), "the body ends where the bytes end");
    must(m->type == message_type::request || m->type == message_type::response || m->id == 0,
         "only a request and its response are numbered");
    const bool named = m->type != message_type::response && !m->route_code;
    must(!named || static_cast<std::uint8_t>(m->route.data()[-1]) == m->route.size(), "a route is whole");
    round_trip(*m);
    check_route(m->route);
    return 0;
}
