#include "common/protocol/errc.hpp"

#include "common/protocol/types.hpp"

namespace citron::protocol {

std::string_view reason(errc code)
{
    switch (code) {
    case errc::ok:
        return "ok";
    case errc::bad_request:
        return "bad_request";
    case errc::no_such_route:
        return "no_such_route";
    case errc::not_entered:
        return "not_entered";
    case errc::duplicate_user:
        return "duplicate_user";
    case errc::no_such_user:
        return "no_such_user";
    case errc::too_large:
        return "too_large";
    case errc::overloaded:
        return "overloaded";
    case errc::timeout:
        return "timeout";
    case errc::unauthorized:
        return "unauthorized";
    case errc::forbidden:
        return "forbidden";
    case errc::rate_limited:
        return "rate_limited";
    case errc::unavailable:
    case errc::moved:
    case errc::hole:
        return "unavailable";
    }
    return "unavailable";
}

std::string_view name_of(server_kind kind)
{
    switch (kind) {
    case server_kind::broker:
        return "broker";
    case server_kind::gate:
        return "gate";
    case server_kind::connector:
        return "connector";
    case server_kind::chat:
        return "chat";
    case server_kind::tool:
        return "tool";
    }
    return "unknown";
}

} // namespace citron::protocol
