#include "frontend/upgrade.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <utility>

namespace citron::frontend {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;

constexpr std::size_t header_limit = 16U << 10U; ///< browsers send all cookies of the host along

net::awaitable<void> decline(outbox_stream& to, http::status status)
{
    http::response<http::string_body> answer(status, 11);
    answer.set(http::field::connection, "close");
    answer.set(http::field::content_type, "text/plain");
    if (status == http::status::upgrade_required)
        answer.set(http::field::upgrade, "websocket");
    answer.body() = "this port speaks WebSocket\n";
    answer.prepare_payload();
    error_code ignored; // into the outbox: it cannot fail
    co_await http::async_write(to, answer, net::redirect_error(net::use_awaitable, ignored));
}

bool is_http_mistake(const error_code& failed)
{
    const auto& http_errors = make_error_code(http::error::end_of_stream).category();
    return failed != http::error::end_of_stream && failed.category() == http_errors;
}

std::string_view text(beast::string_view from)
{
    return {from.data(), from.size()};
}

upgrade_request summary(const http::request<http::empty_body>& asked)
{
    upgrade_request said{.origin = text(asked[http::field::origin]), .forwarded = {}};
    const auto [first, last] = asked.equal_range("X-Forwarded-For");
    for (auto header = first; header != last; ++header)
        said.forwarded.push_back(text(header->value()));
    return said;
}

} // namespace

net::awaitable<upgrade_outcome> upgrade(outbox_stream layer, upgrade_judge judge)
{
    error_code failed;
    beast::flat_buffer buffer(header_limit);
    http::request_parser<http::empty_body> parser;
    parser.header_limit(header_limit);
    co_await http::async_read_header(layer, buffer, parser, net::redirect_error(net::use_awaitable, failed));
    if (failed || !beast::websocket::is_upgrade(parser.get())) {
        if (!failed)
            co_await decline(layer, http::status::upgrade_required);
        else if (is_http_mistake(failed))
            co_await decline(layer, http::status::bad_request);
        co_return upgrade_outcome{};
    }
    if (auto refusal = judge(summary(parser.get())); !refusal.empty()) {
        layer.write(std::move(refusal));
        co_return upgrade_outcome{};
    }
    beast::websocket::stream<outbox_stream, false> ws(std::move(layer));
    co_await ws.async_accept(parser.get(), net::redirect_error(net::use_awaitable, failed));
    upgrade_outcome done;
    done.upgraded = !failed;
    done.behind = beast::buffers_to_string(buffer.data());
    co_return done;
}

} // namespace citron::frontend
