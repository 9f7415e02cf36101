#include "frontend/tls_identity.hpp"

#include "common/runtime/printable.hpp"
#include "common/runtime/secret_file.hpp"

#include <fmt/chrono.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <fstream>
#include <new>
#include <system_error>
#include <utility>

namespace citron::frontend {
namespace {

/// Forward secrecy and authenticated encryption only; those of TLS 1.3 are so anyway.
constexpr auto tls12_ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20";

int choose_protocol(SSL* /*ssl*/, const unsigned char** chosen, unsigned char* size,
                    const unsigned char* offered, unsigned offered_size, void* /*argument*/)
{
    static constexpr unsigned char ours[] = "\x08http/1.1";
    unsigned char* found = nullptr;
    if (SSL_select_next_proto(&found, size, ours, sizeof ours - 1, offered, offered_size) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *chosen = found;
    return SSL_TLSEXT_ERR_OK;
}

/// Nobody is there to be asked for one.
int no_password(char* /*into*/, int /*size*/, int /*writing*/, void* /*argument*/)
{
    return -1;
}

void set_rules(SSL_CTX* context)
{
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_cipher_list(context, tls12_ciphers);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF); // the client keeps it, in a ticket
    SSL_CTX_set_num_tickets(context, 1);
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
    SSL_CTX_set_default_passwd_cb(context, no_password);
}

std::int64_t seconds_since_1970(const ASN1_TIME* time)
{
    std::tm parts{};
    return ASN1_TIME_to_tm(time, &parts) == 1 ? timegm(&parts) : 0;
}

std::string utc(std::int64_t seconds)
{
    return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(static_cast<std::time_t>(seconds)));
}

bool is_mismatch(unsigned long error)
{
    return ERR_GET_LIB(error) == ERR_LIB_X509 && ERR_GET_REASON(error) == X509_R_KEY_VALUES_MISMATCH;
}

std::string subject_of(X509* certificate)
{
    char text[256] = {};
    X509_NAME_oneline(X509_get_subject_name(certificate), text, sizeof text);
    return runtime::log::printable(text);
}

} // namespace

void tls_identity::free_context::operator()(ssl_ctx_st* context) const
{
    SSL_CTX_free(context);
}

tls_identity::tls_identity(runtime::tls_config files, protocol::counters& counters)
    : files_(std::move(files)), handshakes_(counters.at("tls.handshakes")),
      failed_(counters.at("tls.failed")), plain_(counters.at("tls.plain_http")),
      broken_(counters.at("tls.broken"))
{
    use(read());
}

void tls_identity::reload()
{
    use(read());
}

void tls_identity::use(context_pointer context)
{
    X509* certificate = SSL_CTX_get0_certificate(context.get());
    expires_ = seconds_since_1970(X509_get0_notAfter(certificate));
    description_ = fmt::format("subject=\"{}\" valid_until={}", subject_of(certificate), utc(expires_));
    context_ = std::move(context);
}

tls_identity::context_pointer tls_identity::read() const
{
    ERR_clear_error();
    context_pointer context(SSL_CTX_new(TLS_server_method()));
    if (!context)
        throw std::bad_alloc();
    set_rules(context.get());
    must_be_readable("certificate", files_.certificate);
    must_be_readable("key", files_.key);
    if (const auto why = runtime::exposure_of(files_.key); !why.empty())
        complain("key", files_.key, std::string(why));
    if (SSL_CTX_use_certificate_chain_file(context.get(), files_.certificate.c_str()) != 1)
        complain("certificate", files_.certificate, "is no usable certificate: " + last_tls_error());
    must_be_valid(context.get());
    // A key of the certificate's kind is compared when it is read; one of another kind only when asked for.
    const bool read = SSL_CTX_use_PrivateKey_file(context.get(), files_.key.c_str(), SSL_FILETYPE_PEM) == 1;
    if (!read && !is_mismatch(ERR_peek_last_error()))
        complain("key", files_.key, "is no usable private key: " + last_tls_error());
    if (!read || SSL_CTX_check_private_key(context.get()) != 1)
        complain("key", files_.key, "does not belong to " + files_.certificate.string());
    return context;
}

void tls_identity::complain(const char* key, const std::filesystem::path& file, const std::string& what) const
{
    throw runtime::config_error(
        fmt::format("{}.{}: {}: {}", files_.where, key, runtime::log::printable(file.string()), what));
}

void tls_identity::must_be_readable(const char* key, const std::filesystem::path& file) const
{
    if (const std::ifstream in(file); !in)
        complain(key, file, "cannot be read: " + std::generic_category().message(errno));
}

void tls_identity::must_be_valid(ssl_ctx_st* context) const
{
    X509* certificate = SSL_CTX_get0_certificate(context);
    const auto first = seconds_since_1970(X509_get0_notBefore(certificate)),
               last = seconds_since_1970(X509_get0_notAfter(certificate)), now = std::time(nullptr);
    if (now < first)
        complain("certificate", files_.certificate, "is not valid before " + utc(first));
    if (now > last)
        complain("certificate", files_.certificate, "has expired, " + utc(last));
}

std::unique_ptr<tls_session> tls_identity::accept() const
{
    return std::make_unique<tls_session>(context_.get());
}

std::uint64_t tls_identity::seconds_left() const
{
    return static_cast<std::uint64_t>(std::max<std::int64_t>(expires_ - std::time(nullptr), 0));
}

void tls_identity::count(const tls_session& session, tls_state before) const
{
    const bool failed = session.state() == tls_state::failed;
    if (before == session.state())
        return;
    if (before == tls_state::shaking_hands && failed)
        return count_failed(session.was_plain_http());
    if (before == tls_state::shaking_hands)
        count_handshake();
    if (failed)
        ++broken_;
}

} // namespace citron::frontend
