// Certificates and private keys made for one test, and gone with its folder.
#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

namespace citron::test {

struct certificate_options
{
    std::string name = "localhost"; ///< common name
    long from = -60, until = 3600;  ///< seconds from now
    bool rsa = false;               ///< else P-256
};

namespace detail {

template <typename Write>
void write_pem(const std::filesystem::path& path, Write&& write)
{
    const std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen(path.c_str(), "w"), std::fclose);
    if (!file || write(file.get()) != 1)
        throw std::runtime_error("cannot write " + path.string());
    using std::filesystem::perms;
    std::filesystem::permissions(path, perms::owner_read | perms::owner_write);
}

} // namespace detail

/// Signed by itself, in PEM.
inline void write_certificate(const std::filesystem::path& certificate, const std::filesystem::path& key,
                              const certificate_options& options = {})
{
    const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> pair(
        options.rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256"), EVP_PKEY_free);
    const std::unique_ptr<X509, void (*)(X509*)> made(X509_new(), X509_free);
    ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 1);
    X509_set_version(made.get(), X509_VERSION_3);
    X509_gmtime_adj(X509_getm_notBefore(made.get()), options.from);
    X509_gmtime_adj(X509_getm_notAfter(made.get()), options.until);
    X509_set_pubkey(made.get(), pair.get());
    X509_NAME* name = X509_get_subject_name(made.get());
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(options.name.c_str()), -1, -1, 0);
    X509_set_issuer_name(made.get(), name);
    X509_sign(made.get(), pair.get(), EVP_sha256());
    detail::write_pem(certificate, [&](FILE* file) { return PEM_write_X509(file, made.get()); });
    detail::write_pem(key, [&](FILE* file) {
        return PEM_write_PrivateKey(file, pair.get(), nullptr, nullptr, 0, nullptr, nullptr);
    });
}

} // namespace citron::test
