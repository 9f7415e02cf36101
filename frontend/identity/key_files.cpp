#include "frontend/identity/key_files.hpp"

#include "common/runtime/log.hpp"
#include "common/runtime/secret_file.hpp"

#include <cerrno>
#include <fstream>
#include <memory>
#include <system_error>
#include <utility>

namespace citron::frontend {
namespace {

namespace fs = std::filesystem;
namespace log = runtime::log;
using policy = runtime::identity_config::policy;

constexpr std::chrono::seconds between_looks{1};
constexpr std::size_t largest_file = 1U << 20U;

std::expected<std::string, std::string> read_all(const fs::path& file)
{
    std::error_code unknown;
    if (!fs::is_regular_file(file, unknown)) // a pipe would keep us waiting
        return std::unexpected(unknown ? unknown.message() : "is no file");
    std::ifstream in(file, std::ios::binary);
    if (!in.is_open())
        return std::unexpected(std::generic_category().message(errno));
    std::string text(largest_file + 1, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(in.gcount()));
    if (text.size() > largest_file)
        return std::unexpected("is larger than 1 MiB");
    return text;
}

[[noreturn]] void fail(const std::string& where, const std::string& why)
{
    throw runtime::config_error(where + ": " + why);
}

verification_key read_key(const runtime::identity_config::key& key, const fs::path& conf_dir)
{
    const auto& name = key.pem_file.empty() ? key.secret_file : key.pem_file;
    const auto file =
        name.empty() ? std::expected<std::string, std::string>(key.secret) : read_all(conf_dir / name);
    const auto place = key.where + (name.empty() ? ".secret" : ": " + (conf_dir / name).string());
    if (!file)
        fail(place, file.error());
    const auto exposed = key.secret_file.empty() ? "" : runtime::exposure_of(conf_dir / key.secret_file);
    if (!exposed.empty())
        fail(place, std::string(exposed));
    // NOLINTNEXTLINE(bugprone-unchecked-optional-access): the conf was read, and lets no other name pass
    const auto alg = find_algorithm(key.alg).value();
    auto made =
        key.pem_file.empty() ? verification_key::from_secret(*file) : verification_key::from_pem(alg, *file);
    if (!made)
        fail(place, made.error());
    return std::move(*made);
}

tokens asked_by(policy asks)
{
    if (asks == policy::required)
        return tokens::required;
    return asks == policy::optional ? tokens::optional : tokens::ignored;
}

} // namespace

key_files::key_files(runtime::identity_config identity, fs::path conf_dir)
    : identity_(std::move(identity)), conf_dir_(std::move(conf_dir))
{
}

std::optional<key_ring> key_files::fresh(instant now)
{
    if (begun_ && (identity_.jwks.empty() || now - looked_ < between_looks))
        return std::nullopt;
    looked_ = now;
    const auto file = path_of(identity_.jwks);
    const auto state = identity_.jwks.empty() ? stamp{} : stamp_of(file);
    if (begun_ && state == seen_)
        return std::nullopt;
    seen_ = state; // taken before it is read: what changes meanwhile is seen the next time
    if (!std::exchange(begun_, true))
        return first();
    auto keys = with_set();
    if (!keys) {
        log::error("identity.keys_kept file={} why=\"{}\"", log::printable(file.string()),
                   log::printable(keys.error()));
        return std::nullopt;
    }
    log::info("identity.keys file={} usable={} skipped={}", log::printable(file.string()), keys->size(),
              keys->skipped());
    return std::move(*keys);
}

key_ring key_files::first()
{
    for (const auto& key : identity_.keys)
        if (!fixed_.add(key.kid, read_key(key, conf_dir_)))
            fail(key.where, "there is another key of this kid and alg");
    if (identity_.jwks.empty())
        return fixed_;
    auto keys = with_set();
    if (!keys)
        fail(identity_.where + ".jwks: " + path_of(identity_.jwks).string(), keys.error());
    log::info("identity.keys usable={} skipped={}", keys->size(), keys->skipped());
    return std::move(*keys);
}

std::expected<key_ring, std::string> key_files::with_set() const
{
    const auto text = read_all(path_of(identity_.jwks));
    if (!text)
        return std::unexpected(text.error());
    auto keys = key_ring::parse(*text);
    if (keys && !keys->add(fixed_))
        return std::unexpected("has a key of the same kid and alg as one of the conf");
    return keys;
}

key_files::stamp key_files::stamp_of(const fs::path& file)
{
    struct stat found
    {
    };
    if (::stat(file.c_str(), &found) != 0)
        return {};
    return {found.st_ino, found.st_size, found.st_mtim.tv_sec, found.st_mtim.tv_nsec};
}

identity_options identity_options_of(const runtime::config& conf)
{
    const auto& identity = conf.chat.identity;
    identity_options options{.asked = asked_by(identity.asks),
                             .rules = {identity.issuer, identity.audience, identity.leeway}};
    if (identity.asks == policy::none && conf.environment == "production")
        log::warn("identity.none what=\"anybody may enter under any name: conf/chat.json says so\"");
    if (!identity.asks_for_tokens())
        return options;
    const auto files = std::make_shared<key_files>(identity, conf.conf_dir);
    options.fresh_keys = [files](instant now) { return files->fresh(now); };
    return options;
}

} // namespace citron::frontend
