#include "common/runtime/identity_reader.hpp"

namespace citron::runtime {
namespace {

constexpr std::string_view closed_environment = "production";
constexpr std::string_view plainly =
    R"(; "identity": "none" lets anybody enter under any name, and README.md (Identity) tells how to ask for tokens)";

std::string nonempty(const conf_node& node)
{
    auto text = node.text();
    if (text.empty())
        node.fail("must not be empty");
    return text;
}

std::string text_of(const conf_node& node, std::string_view key)
{
    return node.has(key) ? nonempty(node.at(key)) : std::string{};
}

identity_config::key read_key(const conf_node& node)
{
    node.must_be_object();
    node.only({"alg", "kid", "secret", "secretFile", "pemFile"},
              "is no key of it (alg, kid, secret, secretFile, pemFile)");
    identity_config::key key{.alg = node.at("alg").text(),
                             .kid = text_of(node, "kid"),
                             .secret = text_of(node, "secret"),
                             .secret_file = text_of(node, "secretFile"),
                             .pem_file = text_of(node, "pemFile"),
                             .where = node.where()};
    const bool symmetric = key.alg == "HS256";
    if (!symmetric && key.alg != "RS256" && key.alg != "ES256")
        node.at("alg").fail(R"(must be "HS256", "RS256" or "ES256")");
    if (symmetric && (key.secret.empty() == key.secret_file.empty() || !key.pem_file.empty()))
        node.fail("HS256 takes either secret or secretFile");
    if (!symmetric && (key.pem_file.empty() || !key.secret.empty() || !key.secret_file.empty()))
        node.fail(key.alg + " takes pemFile, a public key");
    return key;
}

void read_keys(identity_config& identity, const conf_node& list)
{
    list.must_be_list();
    for (std::size_t i = 0; i < list.size(); ++i)
        identity.keys.push_back(read_key(list.at(i)));
}

} // namespace

identity_config read_identity(const conf_node& node)
{
    using policy = identity_config::policy;
    constexpr std::uint64_t longest_leeway = 300'000;
    identity_config identity{.where = node.where()};
    if (node.is_text()) {
        if (node.text() != "none")
            node.fail(R"(must be "none" or an object {...})");
        identity.asks = policy::none;
        return identity;
    }
    node.must_be_object();
    node.only({"required", "jwks", "keys", "issuer", "audience", "leewayMs"},
              "is no key of it (required, jwks, keys, issuer, audience, leewayMs)");
    const bool required = !node.has("required") || node.at("required").flag();
    identity.asks = required ? policy::required : policy::optional;
    identity.jwks = text_of(node, "jwks");
    identity.issuer = text_of(node, "issuer");
    identity.audience = text_of(node, "audience");
    if (node.has("keys"))
        read_keys(identity, node.at("keys"));
    if (node.has("leewayMs"))
        identity.leeway = std::chrono::milliseconds(node.at("leewayMs").number(0, longest_leeway));
    if (identity.jwks.empty() && identity.keys.empty())
        node.fail("names no key to check tokens with (jwks or keys)");
    return identity;
}

void refuse_open_door(const config& conf)
{
    using policy = identity_config::policy;
    const auto& identity = conf.chat.identity;
    if (conf.environment != closed_environment)
        return;
    if (identity.asks == policy::unsaid)
        throw config_error((conf.conf_dir / "chat.json").string() + ": identity: is missing in production" +
                           std::string(plainly));
    if (identity.asks == policy::optional)
        throw config_error(identity.where + ".required: must be true in production" + std::string(plainly));
}

} // namespace citron::runtime
