// PURE. Names for bytes (the dictionary's version, a file's ETag), and one-way hashes of secrets.
#pragma once

#include <string>
#include <string_view>

namespace citron::frontend {

/// Not for secrets.
[[nodiscard]] std::string md5_base64(std::string_view bytes);

/// For secrets of full entropy (resume keys): 64 hex digits.
[[nodiscard]] std::string sha256_hex(std::string_view bytes);

} // namespace citron::frontend
