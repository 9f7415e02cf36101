#include "frontend/tls_identity.hpp"

#include "test/unit/frontend/tls_certificate.hpp"
#include "test/unit/frontend/tls_end.hpp"
#include "test/unit/temporary_folder.hpp"

#include <gtest/gtest.h>

#include <fstream>

namespace citron::frontend {
namespace {

using test::certificate_options;
using test::tls_end;
using test::write_certificate;

class TlsIdentity : public testing::Test
{
protected:
    TlsIdentity() { write_certificate(certificate, key); }

    tls_identity load() { return {files(), counters}; }
    runtime::tls_config files() const { return {certificate, key, "conf/servers.json: gate.tls"}; }
    /// What it complains about, without the folder's name.
    std::string complaint()
    {
        try {
            load();
            return "";
        } catch (const runtime::config_error& error) {
            std::string text = error.what();
            const auto name = folder.root.string() + "/";
            for (auto at = text.find(name); at != text.npos; at = text.find(name))
                text.erase(at, name.size());
            EXPECT_EQ(text.find('\n'), text.npos);
            return text;
        }
    }
    /// The name on the certificate that a new connection is shown; "" when hands are not shaken.
    static std::string shown_by(tls_session& session)
    {
        tls_end client;
        for (int i = 0; i < 10 && !client.shake_hands(); ++i) {
            session.receive(client.take(), [](std::span<char>) {});
            client.hear(session.outgoing());
            session.consume(session.outgoing().size());
        }
        return client.server();
    }

    test::temporary_folder folder;
    std::filesystem::path certificate = folder.root / "cert.pem", key = folder.root / "key.pem";
    protocol::counters counters;
};

TEST_F(TlsIdentity, ShowsItsCertificate)
{
    for (const bool rsa : {false, true}) {
        write_certificate(certificate, key, {.name = "chat.example.org", .rsa = rsa});

        EXPECT_EQ(shown_by(*load().accept()), "chat.example.org");
    }
}

TEST_F(TlsIdentity, TellsWhoseItIsAndHowLongItIsValid)
{
    write_certificate(certificate, key, {.name = "chat\n.example", .until = 1000});

    const auto identity = load();

    EXPECT_TRUE(identity.description().starts_with("subject=\"/CN=chat")) << identity.description();
    EXPECT_EQ(identity.description().find('\n'), std::string::npos);
    EXPECT_NE(identity.description().find("valid_until=20"), std::string::npos);
    EXPECT_LE(identity.seconds_left(), 1000U);
    EXPECT_GT(identity.seconds_left(), 900U);
}

TEST_F(TlsIdentity, AMissingFileIsNamed)
{
    std::filesystem::remove(key);
    EXPECT_EQ(complaint(),
              "conf/servers.json: gate.tls.key: key.pem: cannot be read: No such file or directory");

    std::filesystem::remove(certificate);
    EXPECT_EQ(complaint(),
              "conf/servers.json: gate.tls.certificate: cert.pem: cannot be read: No such file or directory");
}

TEST_F(TlsIdentity, WhatIsNoCertificateOrKeyIsNamed)
{
    std::ofstream(key) << "rubbish";
    EXPECT_TRUE(
        complaint().starts_with("conf/servers.json: gate.tls.key: key.pem: is no usable private key: "))
        << complaint();

    std::ofstream(certificate) << "-----BEGIN CERTIFICATE-----\nrubbish\n-----END CERTIFICATE-----\n";
    EXPECT_TRUE(complaint().starts_with(
        "conf/servers.json: gate.tls.certificate: cert.pem: is no usable certificate: "))
        << complaint();
}

TEST_F(TlsIdentity, AKeyWithAPasswordIsRefusedWithoutAsking)
{
    const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> pair(EVP_EC_gen("P-256"), EVP_PKEY_free);
    char password[] = "secret";
    test::detail::write_pem(key, [&](FILE* file) {
        return PEM_write_PrivateKey(file, pair.get(), EVP_aes_128_cbc(),
                                    reinterpret_cast<unsigned char*>(password), 6, nullptr, nullptr);
    });

    EXPECT_TRUE(
        complaint().starts_with("conf/servers.json: gate.tls.key: key.pem: is no usable private key: "))
        << complaint();
}

TEST_F(TlsIdentity, AKeyThatEverybodyMayReadIsRefused)
{
    using std::filesystem::perms;
    std::filesystem::permissions(key, perms::others_read, std::filesystem::perm_options::add);

    EXPECT_EQ(complaint(), "conf/servers.json: gate.tls.key: key.pem: is open to every user of this machine: "
                           "chmod 600");
}

TEST_F(TlsIdentity, AKeyOfAnotherCertificateIsRefused)
{
    for (const bool rsa : {false, true}) { // a key of the same kind, and one of another
        write_certificate(folder.root / "other.pem", key, {.rsa = rsa});

        EXPECT_EQ(complaint(), "conf/servers.json: gate.tls.key: key.pem: does not belong to cert.pem");
    }
}

TEST_F(TlsIdentity, ACertificateThatIsNotValidNowIsRefused)
{
    write_certificate(certificate, key, {.from = -1000, .until = -100});
    EXPECT_TRUE(complaint().starts_with("conf/servers.json: gate.tls.certificate: cert.pem: has expired, 20"))
        << complaint();

    write_certificate(certificate, key, {.from = 1000, .until = 2000});
    EXPECT_TRUE(
        complaint().starts_with("conf/servers.json: gate.tls.certificate: cert.pem: is not valid before 20"))
        << complaint();
}

TEST_F(TlsIdentity, AfterAReloadNewConnectionsSeeTheNewOne)
{
    auto identity = load();
    const auto before = identity.accept();
    write_certificate(certificate, key, {.name = "renewed", .rsa = true});

    identity.reload();

    EXPECT_EQ(shown_by(*identity.accept()), "renewed");
    EXPECT_EQ(shown_by(*before), "localhost"); // it was there before
    EXPECT_TRUE(identity.description().starts_with("subject=\"/CN=renewed\""));
}

TEST_F(TlsIdentity, AReloadThatFailsChangesNothing)
{
    auto identity = load();
    const auto description = identity.description();
    std::ofstream(certificate) << "half written";

    EXPECT_THROW(identity.reload(), runtime::config_error);

    EXPECT_EQ(shown_by(*identity.accept()), "localhost");
    EXPECT_EQ(identity.description(), description);
}

} // namespace
} // namespace citron::frontend
