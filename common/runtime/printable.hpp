// PURE. Text from strangers, made safe for a log line or a terminal.
#pragma once

#include <string>
#include <string_view>

namespace citron::runtime::log {

/// Control characters (C0, DEL, C1), line separators, bidi controls and bytes that are not UTF-8 come out
/// escaped; a backslash doubled. Longer texts are cut: "... (+123 bytes)".
[[nodiscard]] std::string printable(std::string_view text, std::size_t longest = 512);

} // namespace citron::runtime::log
