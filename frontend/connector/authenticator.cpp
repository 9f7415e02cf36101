#include "frontend/connector/authenticator.hpp"

#include <memory>
#include <utility>

namespace citron::frontend {

using protocol::errc;
using protocol::right;

authenticator::authenticator(identity_options options, protocol::counters& counters, instant now)
    : options_(std::move(options)), verifier_(options_.rules), counters_(counters),
      accepted_(counters.at("identity.accepted")), keys_(counters.at("identity.keys")),
      key_changes_(counters.at("identity.key_changes"))
{
    take_keys(now);
}

errc authenticator::admit(session& s, right needed, entry& wanted)
{
    const auto token = std::exchange(wanted.token, {}); // it goes no further
    if (options_.asked == tokens::ignored || (needed != right::enter && needed != right::join))
        return errc::ok;
    if (!token.empty()) {
        if (const auto why = read(s, token, wanted); why != errc::ok)
            return why;
    } else if (needed == right::join) {
        wanted.grant = s.grant;
    } else if (options_.asked == tokens::required) {
        return refuse(errc::unauthorized, "missing");
    }
    if (!wanted.grant)
        return errc::ok; // tokens are optional; or a join of one who has not entered, and is told so
    const auto why = wanted.grant->judge(needed, wanted.grant->user, wanted.rid, unix_ms_);
    return why == errc::ok ? why : refuse(why, why == errc::forbidden ? "room" : "expired");
}

errc authenticator::read(session& s, std::string_view token, entry& wanted)
{
    auto said = verifier_.verify(token, unix_ms_);
    if (!said)
        return refuse(errc::unauthorized, name_of(said.error()));
    if (!wanted.user.empty() && wanted.user != said->user)
        return refuse(errc::forbidden, "other_name");
    ++accepted_;
    wanted.user = said->user;
    wanted.grant = std::make_shared<const grant>(std::move(*said));
    if (s.grant && s.grant->user == wanted.user)
        s.grant = wanted.grant;
    return errc::ok;
}

errc authenticator::refuse(errc code, std::string_view why)
{
    ++counters_.at(std::string("identity.refused.").append(why));
    return code;
}

void authenticator::on_tick(instant now, std::uint64_t unix_ms)
{
    unix_ms_ = unix_ms;
    take_keys(now);
}

void authenticator::take_keys(instant now)
{
    auto fresh = options_.fresh_keys ? options_.fresh_keys(now) : std::nullopt;
    if (!fresh)
        return;
    verifier_.use(std::move(*fresh));
    keys_ = verifier_.keys().size();
    ++key_changes_;
}

} // namespace citron::frontend
