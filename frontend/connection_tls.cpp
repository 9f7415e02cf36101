// What a connection does when there is TLS between it and its socket.
#include "frontend/connection.hpp"
#include "frontend/tls_identity.hpp"

#include <boost/asio/buffer.hpp>

#include <algorithm>

namespace citron::frontend {

using boost::system::error_code;

namespace {

constexpr std::size_t sealed_at_once = 512; ///< parts: small ones fill a record

} // namespace

// ---- reading

/// Decrypts all of `bytes` and says what TLS has to say to that. False: nothing more will come.
template <typename Use>
bool connection::unseal(std::span<const char> bytes, Use&& use)
{
    const auto before = tls_->state();
    tls_->receive(bytes, use);
    table_->options.tls->count(*tls_, before);
    if (!tls_->outgoing().empty())
        flush();
    return !tls_->over();
}

/// As digest does.
bool connection::digest_sealed(std::span<const char> bytes)
{
    bool understood = true;
    const bool more = unseal(bytes, [&](std::span<char> plain) { understood = understood && digest(plain); });
    return understood && more;
}

/// Until the WebSocket begins: some bytes of the request, or would_block. What was decrypted with them and
/// does not fit stays in `early`: what has been read lies in a buffer that the next connection uses.
std::size_t connection::receive(std::span<char> into, std::string& early, error_code& failed)
{
    if (!tls_)
        return socket_.read_some(net::buffer(into.data(), into.size()), failed);
    while (early.empty()) {
        if (gone() || tls_->over())
            failed = net::error::eof;
        const auto size = failed ? 0 : socket_.read_some(net::buffer(table_->received), failed);
        if (failed)
            return 0;
        (void)unseal(std::span(table_->received).first(size), // asked above
                     [&](std::span<char> plain) { early.append(plain.data(), plain.size()); });
    }
    const auto size = early.copy(into.data(), into.size());
    early.erase(0, size);
    return size;
}

// ---- writing

/// What TLS has to say, then the outbox, and at the very end that nothing more will come.
connection::progress connection::write_sealed()
{
    std::array<std::string_view, sealed_at_once> parts;
    for (;;) {
        while (!tls_->outgoing().empty()) {
            error_code failed;
            const auto size = socket_.write_some(net::buffer(tls_->outgoing()), failed);
            if (const auto result = written(failed, size); result != progress::done)
                return result;
            tls_->consume(size);
        }
        const auto count = session_->out.gather(parts);
        if (count == 0) {
            if (ending_ && tls_->close())
                continue;
            return progress::done;
        }
        const auto size = tls_->seal(std::span(parts).first(count));
        session_->out.consume(size);
        if (size == 0) {
            session_->out.clear();
            cut(); // the reader notices
            return progress::failed;
        }
    }
}

} // namespace citron::frontend
