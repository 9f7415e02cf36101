// Tokens, and the keys that they are checked with. The first byte chooses what the rest is.
#include "frontend/identity/token_verifier.hpp"
#include "test/fuzz/fuzz.hpp"
#include "test/unit/frontend/identity/issuer.hpp"

#include <string>

using namespace citron::frontend;
using citron::fuzz::must;
namespace protocol = citron::protocol;

namespace {

constexpr std::uint64_t now_ms = 1'700'000'000'000;

/// What the tokens here are signed with: one key is the same in every run.
struct world
{
    const test::issuer hs256{"k1", std::string(32, 's')};
    const test::issuer es256{algorithm::es256, "k2"};
    token_verifier verifier{{.issuer = "", .audience = ""}};

    world()
    {
        auto keys = hs256.ring();
        must(keys.add(es256.ring()), "two keys");
        verifier.use(std::move(keys));
    }
};

void check(const grant& g, std::string_view payload)
{
    const auto claims = protocol::parse_json(payload);
    must(claims && (*claims)["sub"] == g.user && protocol::is_name(g.user), "it names its user");
    must(claims->contains("exp") && g.until_ms > now_ms, "it has not expired");
    must(g.judge(protocol::right::enter, g.user, "lobby", g.until_ms) == protocol::errc::unauthorized,
         "it ends");
    const bool may_write = g.judge(protocol::right::write, g.user, "lobby", now_ms) == protocol::errc::ok;
    const bool may_read = g.judge(protocol::right::enter, g.user, "lobby", now_ms) == protocol::errc::ok;
    must(may_read || !may_write, "who may write may read");
    must(g.judge(protocol::right::enter, g.user + "x", "lobby", now_ms) != protocol::errc::ok,
         "it is its user's alone");
}

/// A token that was really signed, whatever it says.
void signed_by_us(const world& w, const test::issuer& by, std::string_view header, std::string_view payload)
{
    auto token = by.token(header, payload);
    if (const auto granted = w.verifier.verify(token, now_ms))
        check(*granted, payload);
    auto& changed = token[token.rfind('.') + 1];
    changed = changed == 'A' ? 'B' : 'A';
    must(!w.verifier.verify(token, now_ms), "another signature is none");
}

void keys(std::string_view text)
{
    const auto ring = key_ring::parse(text);
    if (ring)
        must(ring->size() > 0 && !token_verifier({}).verify("e30.e30.e30", now_ms), "a ring has keys");
    else
        must(!ring.error().empty(), "what is wrong is said");
    for (const auto& key : {verification_key::from_secret(text),
                            verification_key::from_pem(algorithm::rs256, std::string(text)),
                            verification_key::from_pem(algorithm::es256, std::string(text))})
        must(key || !key.error().empty(), "what is wrong is said");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    static const world w;
    citron::fuzz::input in(data, size);
    switch (in.byte() % 5) {
    case 0:
        must(!w.verifier.verify(in.rest(), now_ms), "nobody forges a token");
        break;
    case 1: {
        const auto header = in.text();
        signed_by_us(w, w.hs256, header, in.rest());
        break;
    }
    case 2:
        signed_by_us(w, w.hs256, w.hs256.header(), in.rest());
        break;
    case 3:
        signed_by_us(w, w.es256, w.es256.header(), in.rest());
        break;
    default:
        keys(in.rest());
    }
    return 0;
}
