#include "frontend/gatekeeper.hpp"

#include <algorithm>
#include <memory>

namespace citron::frontend {
namespace {

constexpr std::size_t remembered = 16'384; ///< idle addresses or users, whose rates are not made up for yet
constexpr std::chrono::seconds sweep_every{1};
constexpr std::size_t v6_prefix = 64; ///< what one household or host has: within it, addresses cost nothing

protocol::ip_address neighbourhood(const protocol::ip_address& one)
{
    return one.family == 4 ? one : one.lowest(v6_prefix);
}

milliseconds rounded_up(std::chrono::nanoseconds time)
{
    return std::chrono::ceil<milliseconds>(time);
}

} // namespace

gatekeeper::tally::tally(protocol::counters& counters, std::string_view scope)
    : requests(counters.at(std::string("limit.requests.").append(scope))),
      enters(counters.at(std::string("limit.enters.").append(scope)))
{
}

gatekeeper::gatekeeper(const runtime::limits_config& limits, std::size_t max_sessions,
                       protocol::counters& counters)
    : session_{{limits.requests.session, limits.burst},
               {limits.enters.session, limits.burst},
               {limits.bytes.session, limits.burst}},
      user_{{limits.requests.user, limits.burst},
            {limits.enters.user, limits.burst},
            {limits.bytes.user, limits.burst}},
      address_{{limits.requests.ip, limits.burst},
               {limits.enters.ip, limits.burst},
               {limits.bytes.ip, limits.burst}},
      connects_{limits.connects_per_second, limits.burst}, refusals_{limits.abuse, limits.abuse_span,
                                                                     limits.abuse_span},
      sessions_per_ip_(limits.sessions_per_ip), by_user_(!user_.off()),
      by_address_(!address_.off() || !connects_.off() || sessions_per_ip_ > 0),
      any_(by_user_ || by_address_ || !session_.off() || !refusals_.off()),
      addresses_(max_sessions + remembered), users_(max_sessions + remembered),
      of_session_(counters, "session"), of_user_(counters, "user"), of_address_(counters, "ip"),
      too_many_sessions_(counters.at("limit.sessions_per_ip")),
      too_many_connects_(counters.at("limit.connects_per_ip")), throttled_(counters.at("limit.bytes")),
      abuse_(counters.at("limit.abuse"))
{
}

session_guard* gatekeeper::guard_of(session& s)
{
    if (any_ && !s.guard)
        s.guard = std::make_unique<session_guard>();
    return s.guard.get();
}

// ---- who is there

bool gatekeeper::admit(session& s, const protocol::ip_address& from, instant now)
{
    if (!by_address_)
        return true;
    const auto address = addresses_.hold(neighbourhood(from));
    auto& known = address->second;
    const bool too_fast = known.connects.wait_for(connects_, 1, now).count() > 0;
    const bool too_many = sessions_per_ip_ > 0 && known.sessions >= sessions_per_ip_;
    too_many_connects_ += too_fast;
    too_many_sessions_ += !too_fast && too_many;
    if (too_fast || too_many) {
        addresses_.let_go(address);
        return false;
    }
    known.connects.take(connects_, 1, now);
    ++known.sessions;
    guard_of(s)->address = address;
    return true;
}

void gatekeeper::identify(session& s, const std::string& user)
{
    if (!by_user_ || (s.guard && s.guard->user && s.guard->user->first == user))
        return;
    auto* guard = guard_of(s);
    const auto former = std::exchange(guard->user, users_.hold(user));
    if (former)
        users_.let_go(former);
}

void gatekeeper::forget(session& s)
{
    if (!s.guard)
        return;
    if (s.guard->address) {
        --s.guard->address->second.sessions;
        addresses_.let_go(s.guard->address);
    }
    if (s.guard->user)
        users_.let_go(s.guard->user);
    s.guard.reset();
}

// ---- what it does

std::array<gatekeeper::scope, 3> gatekeeper::scopes_of(const session& s)
{
    auto* guard = s.guard.get();
    usage* user = guard->user ? &guard->user->second : nullptr;
    usage* address = guard->address ? &guard->address->second : nullptr;
    return {scope{&guard->own, &session_, &of_session_.requests, &of_session_.enters},
            scope{user, &user_, &of_user_.requests, &of_user_.enters},
            scope{address, &address_, &of_address_.requests, &of_address_.enters}};
}

// All or nothing: a request that one of them refuses takes nothing from the others.
milliseconds gatekeeper::ask(session& s, bool enters, instant now)
{
    if (!guard_of(s))
        return {};
    const auto scopes = scopes_of(s);
    std::chrono::nanoseconds longest{0};
    std::uint64_t* refused = nullptr;
    const auto consult = [&](const token_bucket& bucket, const rate& r, std::uint64_t* count) {
        const auto wait = bucket.wait_for(r, 1, now);
        if (wait > longest) {
            longest = wait;
            refused = count;
        }
    };
    for (const auto& one : scopes) {
        if (!one.used)
            continue;
        consult(one.used->requests, one.may->requests, one.requests);
        if (enters)
            consult(one.used->enters, one.may->enters, one.enters);
    }
    if (refused) {
        ++*refused;
        return rounded_up(longest);
    }
    for (const auto& one : scopes) {
        if (!one.used)
            continue;
        one.used->requests.take(one.may->requests, 1, now);
        if (enters)
            one.used->enters.take(one.may->enters, 1, now);
    }
    return {};
}

milliseconds gatekeeper::hear(session& s, std::size_t bytes, instant now)
{
    if (!guard_of(s))
        return {};
    std::chrono::nanoseconds longest{0};
    for (const auto& one : scopes_of(s)) {
        if (!one.used)
            continue;
        one.used->bytes.take(one.may->bytes, bytes, now);
        longest = std::max(longest, one.used->bytes.wait_for(one.may->bytes, 0, now));
    }
    throttled_ += longest.count() > 0;
    return rounded_up(longest);
}

bool gatekeeper::annoy(session& s, instant now)
{
    if (refusals_.off())
        return false;
    auto& refusals = guard_of(s)->refusals;
    if (refusals.wait_for(refusals_, 1, now).count() == 0) {
        refusals.take(refusals_, 1, now);
        return false;
    }
    ++abuse_;
    return true;
}

void gatekeeper::on_tick(instant now)
{
    if (now - swept_ < sweep_every)
        return;
    swept_ = now;
    addresses_.sweep(now);
    users_.sweep(now);
}

} // namespace citron::frontend
