// The I/O shell of admission: the key files, and the socket at which libzmq asks. Decides nothing.
#pragma once

#include "broker/admission.hpp"
#include "common/cluster/zmq_stream.hpp"
#include "common/protocol/counters.hpp"
#include "common/protocol/types.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace citron::broker {

using protocol::instant;

class gatekeeper
{
public:
    /// Reads the broker's secret key and everybody's public ones; answers from now on. Throws
    /// runtime::config_error that names the file. All references must outlive this.
    gatekeeper(net::io_context& loop, cluster::zmq_context& context, std::filesystem::path folder,
               protocol::counters& counters);

    /// Before it binds: by CURVE only, and only who may enter by this door.
    void guard(cluster::zmq_stream& socket, std::string_view where);
    /// Somebody went before showing a key: plain, with the wrong key for us, or no peer at all.
    void on_stranger() { ++strangers_; }
    /// Reads the public keys again now and then: who connects later must have one of those.
    void on_tick(instant now);
    [[nodiscard]] std::vector<std::string> take_notes() { return admission_.take_notes(); }
    void close() { questions_.close(); }

private:
    [[nodiscard]] admission::allow_list read() const;

    std::filesystem::path folder_;
    admission admission_;
    std::string secret_;
    cluster::zmq_stream questions_;
    instant read_at_{};
    bool readable_ = true; ///< when they were last read
    std::uint64_t &strangers_, &changes_;
};

} // namespace citron::broker
