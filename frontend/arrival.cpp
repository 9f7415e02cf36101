#include "frontend/arrival.hpp"

#include "frontend/proxy_header.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fmt/format.h>

#include <array>

namespace citron::frontend {
namespace {

using boost::system::error_code;
using protocol::ip_address;

std::string_view name_of(unsigned status)
{
    return status == 403 ? "Forbidden" : status == 429 ? "Too Many Requests" : "Service Unavailable";
}

} // namespace

std::optional<ip_address> peer_of(const net::ip::tcp::socket& socket)
{
    error_code failed;
    const auto address = socket.remote_endpoint(failed).address();
    if (failed)
        return std::nullopt;
    return address.is_v4() ? ip_address::v4(address.to_v4().to_bytes())
                           : ip_address::v6(address.to_v6().to_bytes());
}

net::awaitable<proxy_word> hear_proxy(net::ip::tcp::socket& socket)
{
    error_code failed;
    proxy_word word;
    std::array<char, proxy_head_size> head{};
    co_await net::async_read(socket, net::buffer(head), net::redirect_error(net::use_awaitable, failed));
    const std::string_view head_text(head.data(), head.size());
    const auto size = failed ? std::nullopt : proxy_rest_size(head_text);
    if (!size)
        co_return word;
    std::string rest(*size, '\0');
    co_await net::async_read(socket, net::buffer(rest), net::redirect_error(net::use_awaitable, failed));
    if (failed)
        co_return word;
    word.valid = true;
    word.client = proxied_client(head_text, rest);
    co_return word;
}

std::string turned_away(unsigned status, std::chrono::seconds retry_after)
{
    const auto retry =
        retry_after.count() == 0 ? std::string() : fmt::format("Retry-After: {}\r\n", retry_after.count());
    return fmt::format("HTTP/1.1 {} {}\r\n{}Connection: close\r\nContent-Length: 0\r\n\r\n", status,
                       name_of(status), retry);
}

} // namespace citron::frontend
