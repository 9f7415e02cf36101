// PURE. By what a client proves on a new connection that a name is its own.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace citron::frontend {

/// As clients see it: "<secret>.<stamp in hex>". The secret is drawn for them, or is what they said
/// themselves. The stamp tells when the connection counts as opened that was given the key, so whoever
/// presents it has come later, whatever the clocks of the two connectors say (a hybrid logical clock:
/// Kulkarni et al. 2014). Who forges a stamp deceives nobody but the holder of the secret: itself.
struct resume_key
{
    std::string secret;
    std::uint64_t stamp = 0; ///< ms since 1970; 0: none given

    /// What does not end in a stamp is a secret as a whole.
    [[nodiscard]] static resume_key parse(std::string_view text);
    [[nodiscard]] std::string text() const;
    [[nodiscard]] bool empty() const { return secret.empty(); }
    /// When a connection counts as opened that presents this key, and was opened at `by_clock`.
    [[nodiscard]] std::uint64_t opened(std::uint64_t by_clock) const;
};

} // namespace citron::frontend
