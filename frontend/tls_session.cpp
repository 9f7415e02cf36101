#include "frontend/tls_session.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <new>
#include <utility>

namespace citron::frontend {
namespace {

constexpr std::size_t record_overhead = 64; ///< header, nonce, tag: less than that

int control(BIO* /*bio*/, int command, long /*number*/, void* /*pointer*/)
{
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

bool is_plain_http(unsigned long error)
{
    const auto reason = ERR_GET_REASON(error);
    return ERR_GET_LIB(error) == ERR_LIB_SSL &&
           (reason == SSL_R_HTTP_REQUEST || reason == SSL_R_HTTPS_PROXY_REQUEST);
}

/// All parts in one piece, the first `into.size()` bytes of them; a single part needs no copy.
std::string_view in_one_piece(std::span<const std::string_view> parts, std::span<char> into)
{
    if (parts.size() == 1)
        return parts.front().substr(0, into.size());
    std::size_t size = 0;
    for (const auto part : parts)
        size += part.copy(into.data() + size, into.size() - size);
    return {into.data(), size};
}

} // namespace

std::string last_tls_error()
{
    const char* reason = ERR_reason_error_string(ERR_peek_last_error());
    return reason ? reason : "no reason given";
}

// ---- between OpenSSL and us

void tls_session::free_ssl::operator()(ssl_st* ssl) const
{
    SSL_free(ssl);
}

int tls_session::on_read(bio_st* bio, char* into, int size)
{
    auto& self = *static_cast<tls_session*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    if (self.incoming_.empty()) {
        BIO_set_retry_read(bio);
        return -1;
    }
    const auto taken = std::min(self.incoming_.size(), static_cast<std::size_t>(size));
    std::copy_n(self.incoming_.data(), taken, into);
    self.incoming_ = self.incoming_.subspan(taken);
    return static_cast<int>(taken);
}

int tls_session::on_write(bio_st* bio, const char* from, int size)
{
    BIO_clear_retry_flags(bio);
    static_cast<tls_session*>(BIO_get_data(bio))->outgoing_.append(from, static_cast<std::size_t>(size));
    return size;
}

bio_method_st* tls_session::transport()
{
    static BIO_METHOD* const made = [] {
        BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "citron");
        if (!method)
            throw std::bad_alloc();
        BIO_meth_set_read(method, &tls_session::on_read);
        BIO_meth_set_write(method, &tls_session::on_write);
        BIO_meth_set_ctrl(method, [](BIO* bio, int command, long number, void* pointer) {
            return static_cast<long>(control(bio, command, number, pointer));
        });
        return method;
    }();
    return made;
}

tls_session::tls_session(ssl_ctx_st* context) : ssl_(SSL_new(context))
{
    BIO* bio = ssl_ ? BIO_new(transport()) : nullptr;
    if (!bio)
        throw std::bad_alloc();
    BIO_set_data(bio, this);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_.get(), bio, bio); // owns it
    SSL_set_accept_state(ssl_.get());
}

tls_session::~tls_session() = default;

// ---- reading

/// 0: no more plaintext in what came, or none at all any more.
std::size_t tls_session::read(std::span<char> into)
{
    if (over())
        return 0;
    ERR_clear_error();
    if (state_ == tls_state::shaking_hands) {
        if (const int result = SSL_do_handshake(ssl_.get()); result != 1) {
            judge(result);
            return 0;
        }
        state_ = tls_state::open;
    }
    std::size_t size = 0;
    const int result = SSL_read_ex(ssl_.get(), into.data(), into.size(), &size);
    if (result == 1)
        return size;
    judge(result);
    return 0;
}

void tls_session::judge(int result)
{
    switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
        if (outgoing().size() > most_control)
            fail("makes us answer, and does not read");
        break;
    case SSL_ERROR_ZERO_RETURN:
        state_ = tls_state::closed;
        break;
    default:
        was_plain_http_ = state_ == tls_state::shaking_hands && is_plain_http(ERR_peek_error());
        if (was_plain_http_)
            outgoing_.assign(plain_http_answer);
        fail(last_tls_error());
        break;
    }
}

void tls_session::fail(std::string why)
{
    state_ = tls_state::failed;
    failure_ = std::move(why);
}

// ---- writing

std::size_t tls_session::seal(std::span<const std::string_view> parts)
{
    if (closing_ || state_ == tls_state::failed || state_ == tls_state::shaking_hands || parts.empty())
        return 0;
    std::array<char, most_sealed> gathered; // not cleared
    const auto all = in_one_piece(parts, gathered);
    outgoing_.reserve(outgoing_.size() + all.size() + record_overhead * (1 + all.size() / tls_record));
    ERR_clear_error();
    std::size_t taken = 0;
    const int result = SSL_write_ex(ssl_.get(), all.data(), all.size(), &taken);
    if (result == 1)
        return taken;
    // It wants to read first when the peer has sent the beginning of a message and keeps the rest.
    const bool stuck = SSL_get_error(ssl_.get(), result) == SSL_ERROR_WANT_READ;
    fail(stuck ? "keeps the rest of a message" : last_tls_error());
    return 0;
}

bool tls_session::close()
{
    const bool may = state_ == tls_state::open || state_ == tls_state::closed;
    if (!may || std::exchange(closing_, true))
        return false;
    ERR_clear_error();
    const auto before = outgoing_.size();
    SSL_shutdown(ssl_.get()); // the answer to it is not waited for
    return outgoing_.size() > before;
}

void tls_session::consume(std::size_t size)
{
    constexpr std::size_t most_written = 64U << 10U; // bytes that lie in front of what waits
    written_ += size;
    if (written_ == outgoing_.size())
        outgoing_ = std::string();
    else if (written_ > most_written)
        outgoing_.erase(0, written_);
    else
        return;
    written_ = 0;
}

std::string_view tls_session::version() const
{
    return SSL_get_version(ssl_.get());
}

} // namespace citron::frontend
