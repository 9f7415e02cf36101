// PURE. The words every level shares: time, server kinds, ids.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace citron::protocol {

/// Monotonic time. PURE classes never read a clock; `now` is handed to them.
using instant = std::chrono::steady_clock::time_point;
using duration = instant::duration;
using std::chrono::milliseconds;

/// A client connection within one connector process; never reused while the process lives. 0 = none.
using session_id = std::uint64_t;

/// What a peer of the broker is. Values are on the wire.
enum class server_kind : std::uint8_t
{
    broker = 0,
    gate = 1,
    connector = 2,
    chat = 3,
    tool = 4
};

/// "gate", "connector", "chat", "broker", "tool".
[[nodiscard]] std::string_view name_of(server_kind kind);

} // namespace citron::protocol
