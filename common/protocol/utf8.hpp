// PURE. UTF-8 as RFC 3629 has it: nothing overlong, no surrogates, nothing beyond U+10FFFF.
#pragma once

#include <string_view>

namespace citron::protocol {

/// Takes one code point off `text`; false when it is not valid UTF-8. Precondition: text is not empty.
[[nodiscard]] bool take_code_point(std::string_view& text, char32_t& point);

/// From the first byte to the last; "" is.
[[nodiscard]] bool is_utf8(std::string_view text);

} // namespace citron::protocol
