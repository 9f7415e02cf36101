// PURE. The end of a frontend: when its door closes, whom it tells to move and when, and when all is over.
#pragma once

#include "common/cluster/peer.hpp"
#include "frontend/session_service.hpp"

#include <cstddef>
#include <optional>
#include <unordered_map>
#include <vector>

namespace citron::frontend {

struct drain_options
{
    milliseconds span{0};         ///< clients are told to move spread evenly over so long; 0: all at once
    std::size_t per_second = 200; ///< at least so many: with few clients it takes less; those who are told
                                  ///< all at once come back at that pace
    milliseconds announced{500};  ///< the gates know by then that we leave, or never will
    milliseconds answers{2'000};  ///< a client that waits for answers is told so much later at most
    milliseconds goodbye{3'000};  ///< they have closed by then: websockets cut them after 2 s

    /// From the first step to the last, whatever clients do.
    [[nodiscard]] milliseconds longest() const { return announced + span + answers + goodbye; }
};

/// Decides only: the shell closes the door, sends the kicks, and ends the process.
class drain
{
public:
    /// What there is to see.
    struct scene
    {
        struct client
        {
            session_id id = 0;
            bool waiting = false; ///< for answers, which may still come
        };
        bool announced = false;      ///< the gates send nobody here any more
        bool elsewhere = false;      ///< there is another server that clients can go to
        std::vector<client> clients; ///< who have not been told yet, in a steady order
        std::size_t connections = 0; ///< that have not ended
    };
    struct step
    {
        bool close_door = false;      ///< nobody is let in any more
        std::vector<session_id> tell; ///< to move
        milliseconds spread{0};       ///< they should come back at moments spread over so long; 0: at once
        bool over = false;            ///< whoever is still there is cut
    };

    drain(drain_options options, instant begun) : options_(options), begun_(begun) {}

    /// About every 100 ms.
    [[nodiscard]] step next(const scene& now_there, instant now);

private:
    [[nodiscard]] milliseconds at_pace() const;
    [[nodiscard]] std::size_t may_stay(const scene& s, instant now) const;
    void choose(const scene& s, instant now);

    drain_options options_;
    instant begun_;
    std::optional<instant> started_;                ///< the door is closed
    std::optional<instant> told_;                   ///< everybody has been
    std::size_t all_ = 0;                           ///< clients when it started
    std::unordered_map<session_id, instant> leave_; ///< those whose turn has come, and since when
};

/// Of a server that is leaving. A line that is down brings no answers, and leads nowhere.
[[nodiscard]] drain::scene look_around(const cluster::peer& line, session_service& sessions,
                                       std::size_t connections);

} // namespace citron::frontend
