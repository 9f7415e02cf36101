// Who is no good peer of the broker: an outsider that garbles what others have said, a tool that asks for
// more than it may, and a gate that has gone mad, and says anything to everybody. Nobody may be harmed by
// them.
#pragma once

#include "test/sim/city.hpp"

#include <string>

namespace citron::sim {

class babbler
{
public:
    babbler(scene& s, city& town) : scene_(s), chance_(s.chance.split()), city_(town) {}

    void wake(); ///< begins to talk
    void rest(); ///< and ends

private:
    void talk();
    [[nodiscard]] std::string garbled();
    [[nodiscard]] std::string with_more_elements(std::string frame);
    [[nodiscard]] std::string of_tool();
    [[nodiscard]] std::string request(std::string_view from, protocol::kind what);
    [[nodiscard]] std::string rubbish();

    scene& scene_;
    dice chance_;
    city& city_;
    bool resting_ = false;
    std::uint64_t greeted_ = 0; ///< the life of the broker that knows the tool
    std::uint64_t calls_ = 0;
};

} // namespace citron::sim
