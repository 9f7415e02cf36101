// PURE. By what a client proves on a new connection that a name is its own.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace citron::frontend {

/// As clients see it: "<secret>~<stamp, 12 hex digits>". The secret is drawn for them, or is what they said
/// themselves. Each connection has a stamp of its own, higher than that of the key which it presented: who
/// was given a key has come later than whom it was given to before, whatever the clocks of their connectors
/// say (a hybrid logical clock: Kulkarni et al. 2014). Who forges a stamp deceives nobody but those who know
/// the secret.
struct resume_key
{
    std::string secret;
    std::uint64_t stamp = 0; ///< ms since 1970, or higher, below 2^48; 0: none

    /// What does not end in a stamp is a secret as a whole.
    [[nodiscard]] static resume_key parse(std::string_view text);
    [[nodiscard]] std::string text() const;
    [[nodiscard]] bool empty() const { return secret.empty(); }
    /// That of a connection which presents this key. `opened`: when by its connector's clock.
    [[nodiscard]] std::uint64_t next_stamp(std::uint64_t opened) const;
};

} // namespace citron::frontend
