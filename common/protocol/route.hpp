// PURE. A route such as "chat.chatHandler.send": who serves it, and whether clients may call it.
#pragma once

#include <optional>
#include <string_view>

namespace citron::protocol {

/// A view into the text it was parsed from; valid as long as that text.
struct route
{
    std::string_view server;  ///< server type: "chat"
    std::string_view service; ///< "chatHandler"
    std::string_view method;  ///< "send"

    /// Clients reach handlers only; the suffix is the security boundary.
    [[nodiscard]] bool for_clients() const { return service.ends_with("Handler"); }
};

/// Three non-empty parts of letters, digits and '_' joined by dots, at most 255 bytes; else nothing.
[[nodiscard]] std::optional<route> parse_route(std::string_view text);

} // namespace citron::protocol
