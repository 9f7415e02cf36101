// PURE. A name for bytes: the dictionary's version, a file's ETag. Not for secrets.
#pragma once

#include <string>
#include <string_view>

namespace citron::frontend {

[[nodiscard]] std::string md5_base64(std::string_view bytes);

} // namespace citron::frontend
