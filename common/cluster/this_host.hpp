// What the kernel knows of this machine's addresses and names.
#pragma once

#include <string>

namespace citron::cluster {

/// Is this an address of this machine, or a name of one? Waits for a name server where it is neither address
/// nor in the machine's own list.
[[nodiscard]] bool is_this_host(const std::string& host);

/// Does every address that this name has now lead back to this machine? Not so when it has none. Interfaces
/// have no names here ("lo"), and "*" is every one.
[[nodiscard]] bool is_loopback(const std::string& host);

/// False when it is known that nobody listens there: at an ipc endpoint of this machine.
[[nodiscard]] bool may_answer(const std::string& endpoint);

} // namespace citron::cluster
