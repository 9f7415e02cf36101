// The certificate and the private key that clients are shown: read when a server starts, and again when it is
// told to.
#pragma once

#include "common/protocol/counters.hpp"
#include "common/runtime/config.hpp"
#include "frontend/tls_session.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace citron::frontend {

class tls_identity
{
public:
    /// Reads both files, in PEM. Throws runtime::config_error "conf/servers.json:
    /// development.gate[0].tls.key: conf/tls/key.pem: ..." when one cannot be read, when they do not belong
    /// together, when the certificate has expired or is not valid yet.
    tls_identity(runtime::tls_config files, protocol::counters& counters);
    /// Reads both again. New connections are shown the new certificate, those that are open keep what they
    /// have. Throws as the constructor does; then all stays as it was.
    void reload();

    /// For a new connection: TLS 1.2 or 1.3, ALPN http/1.1.
    [[nodiscard]] std::unique_ptr<tls_session> accept() const;
    /// OpenSSL's own, for those who make a connection without accept(). Whoever keeps it takes a reference.
    [[nodiscard]] ssl_ctx_st* context() const { return context_.get(); }

    /// For the log: whose certificate it is, and until when it is valid.
    [[nodiscard]] const std::string& description() const { return description_; }
    /// Until it expires; 0 when it has.
    [[nodiscard]] std::uint64_t seconds_left() const;

    /// Counts what has become of a connection since it was in state `before`.
    void count(const tls_session& session, tls_state before) const;
    void count_handshake() const { ++handshakes_; }
    void count_failed(bool plain_http) const { ++(plain_http ? plain_ : failed_); }

private:
    struct free_context
    {
        void operator()(ssl_ctx_st* context) const;
    };
    using context_pointer = std::unique_ptr<ssl_ctx_st, free_context>;

    [[nodiscard]] context_pointer read() const;
    void use(context_pointer context);
    [[noreturn]] void complain(const char* key, const std::filesystem::path& file,
                               const std::string& what) const;
    void must_be_readable(const char* key, const std::filesystem::path& file) const;
    void must_be_valid(ssl_ctx_st* context) const;

    runtime::tls_config files_;
    context_pointer context_;
    std::string description_;
    std::int64_t expires_ = 0; ///< seconds since 1970
    std::uint64_t &handshakes_, &failed_, &plain_, &broken_;
};

} // namespace citron::frontend
