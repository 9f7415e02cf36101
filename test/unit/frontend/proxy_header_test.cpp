#include "frontend/proxy_header.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

namespace citron::frontend {
namespace {

using namespace std::string_literals;

const std::string signature("\r\n\r\n\0\r\nQUIT\n", 12);
const std::string v4_addresses =
    "\xcb\x00\x71\x09\x7f\x00\x00\x01\x12\x67\x0b\xea"s; // 203.0.113.9:4711 -> 127.0.0.1:3050
const std::string v6_addresses =
    "\x20\x01\x0d\xb8"s + std::string(11, '\0') + "\x09"s + std::string(15, '\0') + "\x01\x12\x67\x0b\xea"s;

std::string head(int command, int family, std::size_t size)
{
    return signature + static_cast<char>(command) + static_cast<char>(family) +
           static_cast<char>(size >> 8U) + static_cast<char>(size & 0xffU);
}

/// The client's address, "itself" or "refused".
std::string read(int command, int family, const std::string& rest)
{
    const auto first = head(command, family, rest.size());
    const auto size = proxy_rest_size(first);
    if (!size)
        return "refused";
    EXPECT_EQ(*size, rest.size());
    const auto client = proxied_client(first, rest);
    return client ? to_text(*client) : "itself";
}

TEST(ProxyHeader, NamesTheClient)
{
    EXPECT_EQ(read(0x21, 0x11, v4_addresses), "203.0.113.9");
    EXPECT_EQ(read(0x21, 0x21, v6_addresses), "2001:db8::9");
}

TEST(ProxyHeader, AMappedClientIsAnIpv4Address)
{
    const auto mapped = std::string(10, '\0') + "\xff\xff\xcb\x00\x71\x09"s + std::string(20, '\0');

    EXPECT_EQ(read(0x21, 0x21, mapped), "203.0.113.9");
}

TEST(ProxyHeader, NotesBehindTheAddressesAreSkipped)
{
    EXPECT_EQ(read(0x21, 0x11, v4_addresses + "\x04\x00\x03xyz"s), "203.0.113.9");
    EXPECT_EQ(read(0x21, 0x11, v4_addresses + std::string(proxy_rest_limit - 12, 'x')), "203.0.113.9");
}

TEST(ProxyHeader, LocalIsTheProxyItself)
{
    EXPECT_EQ(read(0x20, 0x00, ""), "itself");
    EXPECT_EQ(read(0x20, 0x11, v4_addresses), "itself");
    EXPECT_EQ(read(0x20, 0xff, "whatever"), "itself") << "the family is ignored";
}

TEST(ProxyHeader, AClientWhoseAddressIsNotToldIsTheProxyItself)
{
    EXPECT_EQ(read(0x21, 0x00, ""), "itself");
    EXPECT_EQ(read(0x21, 0x00, "some notes"), "itself");
    EXPECT_EQ(read(0x21, 0x31, std::string(216, 'u')), "itself");
    EXPECT_EQ(read(0x21, 0x12, v4_addresses), "itself") << "a datagram cannot have come over TCP";
    EXPECT_EQ(read(0x21, 0x10, v4_addresses), "itself") << "unspecified protocol";
}

TEST(ProxyHeader, WhatTheSpecificationForbidsIsRefused)
{
    EXPECT_EQ(read(0x22, 0x11, v4_addresses), "refused") << "unknown command";
    EXPECT_EQ(read(0x2f, 0x11, v4_addresses), "refused");
    EXPECT_EQ(read(0x11, 0x11, v4_addresses), "refused") << "another version";
    EXPECT_EQ(read(0x31, 0x11, v4_addresses), "refused");
    EXPECT_EQ(read(0x21, 0x41, std::string(300, 'x')), "refused") << "unknown family";
    EXPECT_EQ(read(0x21, 0xf1, std::string(300, 'x')), "refused");
    EXPECT_EQ(read(0x21, 0x13, v4_addresses), "refused") << "unknown protocol";
}

TEST(ProxyHeader, TooFewBytesForItsAddressesAreRefused)
{
    EXPECT_EQ(read(0x21, 0x11, v4_addresses.substr(0, 11)), "refused");
    EXPECT_EQ(read(0x21, 0x11, ""), "refused");
    EXPECT_EQ(read(0x21, 0x21, v6_addresses.substr(0, 35)), "refused");
    EXPECT_EQ(read(0x21, 0x31, std::string(215, 'u')), "refused");
}

TEST(ProxyHeader, MoreThanTheLimitIsRefusedBeforeItIsRead)
{
    EXPECT_EQ(proxy_rest_size(head(0x21, 0x11, proxy_rest_limit)), proxy_rest_limit);
    EXPECT_EQ(proxy_rest_size(head(0x21, 0x11, proxy_rest_limit + 1)), std::nullopt);
    EXPECT_EQ(proxy_rest_size(head(0x20, 0x00, 0xffff)), std::nullopt);
}

TEST(ProxyHeader, AnythingElseIsRefused)
{
    EXPECT_EQ(proxy_rest_size("GET / HTTP/1.1\r\n"), std::nullopt);
    EXPECT_EQ(proxy_rest_size("PROXY TCP4 203.0.113.9"), std::nullopt) << "version 1";
    for (std::size_t i = 0; i < signature.size(); ++i) {
        auto broken = head(0x21, 0x11, 12);
        broken[i] ^= 1;
        EXPECT_EQ(proxy_rest_size(broken), std::nullopt) << i;
    }
}

} // namespace
} // namespace citron::frontend
