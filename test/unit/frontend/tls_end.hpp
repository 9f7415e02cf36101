// The client's end of a TLS connection, in memory: what it says is taken, what it is to hear is put in.
#pragma once

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <string_view>

namespace citron::test {

struct tls_end_options
{
    int lowest = TLS1_2_VERSION, highest = TLS1_3_VERSION;
    std::string protocols; ///< ALPN, each with its length before it; "": none offered
};

class tls_end
{
public:
    explicit tls_end(const tls_end_options& options = {})
    {
        SSL_CTX_set_security_level(context_.get(), 0); // so that it offers what the server must refuse
        SSL_CTX_set_min_proto_version(context_.get(), options.lowest);
        SSL_CTX_set_max_proto_version(context_.get(), options.highest);
        ssl_.reset(SSL_new(context_.get()));
        SSL_set_bio(ssl_.get(), in_, out_); // owns both
        SSL_set_connect_state(ssl_.get());
        if (!options.protocols.empty())
            SSL_set_alpn_protos(ssl_.get(), reinterpret_cast<const unsigned char*>(options.protocols.data()),
                                static_cast<unsigned>(options.protocols.size()));
    }

    void hear(std::string_view ciphertext)
    {
        BIO_write(in_, ciphertext.data(), static_cast<int>(ciphertext.size()));
    }
    /// What it has to say, encrypted.
    std::string take()
    {
        std::string all(BIO_ctrl_pending(out_), '\0');
        if (!all.empty())
            BIO_read(out_, all.data(), static_cast<int>(all.size()));
        return all;
    }

    /// Goes on with the handshake; true once it is over.
    bool shake_hands()
    {
        ERR_clear_error();
        const int result = SSL_do_handshake(ssl_.get());
        note(result);
        return result == 1;
    }
    void write(std::string_view plain)
    {
        if (!plain.empty())
            SSL_write(ssl_.get(), plain.data(), static_cast<int>(plain.size()));
    }
    /// All that can be read by now.
    std::string read()
    {
        std::string all;
        char bytes[16384];
        for (std::size_t size = 0;; all.append(bytes, size)) {
            ERR_clear_error();
            const int result = SSL_read_ex(ssl_.get(), bytes, sizeof bytes, &size);
            if (result == 1)
                continue;
            note(result);
            return all;
        }
    }
    /// TLS 1.3: new keys, and please answer.
    void update_keys()
    {
        SSL_key_update(ssl_.get(), SSL_KEY_UPDATE_REQUESTED);
        SSL_do_handshake(ssl_.get());
    }
    /// TLS 1.2: false when it cannot even be asked for.
    bool renegotiate() { return SSL_renegotiate(ssl_.get()) == 1; }
    void close() { SSL_shutdown(ssl_.get()); }

    [[nodiscard]] bool was_closed() const { return closed_; } ///< by a close_notify
    [[nodiscard]] bool has_failed() const { return failed_; }
    [[nodiscard]] std::string version() const { return SSL_get_version(ssl_.get()); }
    [[nodiscard]] std::string protocol() const
    {
        const unsigned char* name = nullptr;
        unsigned size = 0;
        SSL_get0_alpn_selected(ssl_.get(), &name, &size);
        return {reinterpret_cast<const char*>(name), size};
    }
    /// Common name of the server's certificate.
    [[nodiscard]] std::string server() const
    {
        const std::unique_ptr<X509, void (*)(X509*)> shown(SSL_get1_peer_certificate(ssl_.get()), X509_free);
        char name[128] = {};
        if (shown)
            X509_NAME_get_text_by_NID(X509_get_subject_name(shown.get()), NID_commonName, name, sizeof name);
        return name;
    }

private:
    void note(int result)
    {
        const int why = SSL_get_error(ssl_.get(), result);
        closed_ = closed_ || why == SSL_ERROR_ZERO_RETURN;
        failed_ = failed_ || why == SSL_ERROR_SSL;
    }

    std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context_{SSL_CTX_new(TLS_client_method()), SSL_CTX_free};
    BIO *in_ = BIO_new(BIO_s_mem()), *out_ = BIO_new(BIO_s_mem());
    std::unique_ptr<SSL, void (*)(SSL*)> ssl_{nullptr, SSL_free};
    bool closed_ = false, failed_ = false;
};

} // namespace citron::test
