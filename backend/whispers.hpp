// PURE. Messages to one user on their way to the addressee's connector: repeated until it says that it has
// them.
#pragma once

#include "backend/backend_session.hpp"
#include "common/cluster/rpc.hpp"
#include "common/protocol/counters.hpp"

#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace citron::backend {

struct whisper_options
{
    milliseconds retry{200};     ///< pause after a failed try
    milliseconds try_for{2'000}; ///< deadline of one try
    milliseconds give_up{8'000}; ///< then the sender is told `unavailable`
};

class whispers
{
public:
    /// `done` is called once per start(), never from within it.
    using completion = std::function<void(const std::string& rid, const open_request& from, errc code)>;

    whispers(whisper_options options, cluster::rpc& rpc, protocol::counters& counters, completion done);

    /// In the room `rid`. `push`: a whole package. The connector drops what it has shown already, by `name`,
    /// or, if that is empty, by the sender's session and number.
    void start(std::string rid, const open_request& from, const protocol::member& to, const std::string& name,
               std::string push, instant now);
    void on_tick(instant now);
    /// A connector has a new link: what was on its way by the old one may be lost, and is tried again at
    /// once.
    void on_new_link(const std::string& connector, instant now);
    /// Ends those of one room at once (it must move away now): `unavailable`.
    void cancel(const std::string& rid);
    /// Forgets all of them: nobody waits any more.
    void clear() { pending_.clear(); }

private:
    struct pending
    {
        std::string rid;
        open_request from;
        protocol::member to;
        std::string body; ///< contract deliver, packed
        instant give_up, retry_at;
        bool trying = false;
    };

    using table = std::map<std::uint64_t, pending>; ///< in the order of their start

    void attempt(std::uint64_t id, pending& p, instant now);
    void on_answer(std::uint64_t id, errc code, instant now);
    void finish(table::iterator p, errc code);

    whisper_options options_;
    cluster::rpc& rpc_;
    completion done_;
    table pending_;
    std::uint64_t next_ = 1;
    std::uint64_t &retries_, &failed_;
};

} // namespace citron::backend
