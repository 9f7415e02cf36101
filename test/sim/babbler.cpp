#include "test/sim/babbler.hpp"

#include "test/sim/broker_process.hpp"

#include <array>
#include <utility>

namespace citron::sim {

using protocol::envelope;
using protocol::kind;

namespace {

constexpr std::uint64_t nonce = 77;
constexpr std::string_view tool = "tool-1";

using namespace std::string_view_literals;

/// One msgpack value of each shape, the last ones broken.
constexpr std::array values{"\xc0"sv,
                            "\xc2"sv,
                            "\xc3"sv,
                            "\x07"sv,
                            "\xff"sv,
                            "\xcc\x80"sv,
                            "\xcd\x01\x00"sv,
                            "\xce\x00\x01\x00\x00"sv,
                            "\xcf\x00\x00\x00\x01\x00\x00\x00\x00"sv,
                            "\xd0\x80"sv,
                            "\xd1\x80\x00"sv,
                            "\xd2\x80\x00\x00\x00"sv,
                            "\xd3\x80\x00\x00\x00\x00\x00\x00\x00"sv,
                            "\xca\x3f\x80\x00\x00"sv,
                            "\xcb\x3f\xf0\x00\x00\x00\x00\x00\x00"sv,
                            "\xa1x"sv,
                            "\xd9\x01x"sv,
                            "\xda\x00\x01x"sv,
                            "\xdb\x00\x00\x00\x01x"sv,
                            "\xc4\x01x"sv,
                            "\xc5\x00\x01x"sv,
                            "\xc6\x00\x00\x00\x01x"sv,
                            "\x92\xc0\x01"sv,
                            "\xdc\x00\x01\xc0"sv,
                            "\xdd\x00\x00\x00\x01\xc0"sv,
                            "\x81\xa1k\xc0"sv,
                            "\xde\x00\x01\xa1k\xc0"sv,
                            "\xdf\x00\x00\x00\x01\xa1k\xc0"sv,
                            "\xd4\x01x"sv,
                            "\xd5\x01xx"sv,
                            "\xd6\x01xxxx"sv,
                            "\xd7\x01xxxxxxxx"sv,
                            "\xd8\x01xxxxxxxxxxxxxxxx"sv,
                            "\xc7\x01\x05x"sv,
                            "\xc8\x00\x01\x05x"sv,
                            "\xc9\x00\x00\x00\x01\x05x"sv,
                            "\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\xc0"sv,
                            "\xc1"sv,
                            "\xdb\xff\xff\xff\xff"sv,
                            "\xdd\xff\xff\xff\xff"sv};

constexpr std::array routes{protocol::stats_route,     protocol::add::route,
                            protocol::kick::route,     protocol::sync::route,
                            protocol::handover::route, protocol::deliver::route,
                            protocol::evict::route,    protocol::channel_state,
                            protocol::channel_heads,   protocol::channel_push,
                            "chat.chatHandler.send"sv, "chat.chatHandler.users"sv,
                            "no.such.route"sv,         ""sv};

constexpr std::array kinds{kind::call,   kind::call,   kind::call,    kind::call,
                           kind::notify, kind::notify, kind::reply,   kind::beat,
                           kind::enroll, kind::done,   kind::drain,   kind::broadcast,
                           kind::bye,    kind::view,   kind::welcome, kind::refused};

} // namespace

void babbler::wake()
{
    scene_.clock.after(chance_.between(duration(20'000), duration(400'000)), [this] {
        if (resting_)
            return;
        talk();
        wake();
    });
}

void babbler::rest()
{
    resting_ = true;
}

void babbler::talk()
{
    auto& broker = city_.broker();
    if (!broker.running())
        return;
    const auto gate = city_.gate().frozen() ? std::string() : broker.identity_of(city_.gate().id());
    const auto voice = chance_.below(10);
    std::string identity = "outsider#4e", words;
    if (voice < 3 || (voice >= 6 && gate.empty())) {
        words = garbled();
    } else if (voice < 6) {
        identity = protocol::identity_of(tool, nonce);
        words = of_tool();
    } else { // its frames let it live on: nobody judges whether the broker knows of its death
        identity = gate;
        words = request(city_.gate().id(), chance_.pick(std::array{kind::call, kind::notify, kind::reply}));
    }
    broker.receive(broker.life(), [&broker, identity, w = std::move(words)] { broker.read(identity, w); });
}

std::string babbler::garbled()
{
    auto frame = city_.broker().overheard(chance_.next());
    if (frame.empty() || chance_.percent(10))
        return rubbish();
    switch (chance_.below(3)) {
    case 0:
        return frame.substr(0, chance_.below(frame.size()));
    case 1:
        frame[chance_.below(frame.size())] = static_cast<char>(chance_.below(256));
        return frame;
    default:
        return with_more_elements(std::move(frame));
    }
}

/// As a later version's may have. Precondition: the frame is an envelope.
std::string babbler::with_more_elements(std::string frame)
{
    constexpr auto most = static_cast<char>(0x9f); // elements of a short array
    for (auto count = chance_.between(1, 4); count > 0 && frame.front() != most; --count) {
        ++frame.front();
        frame += chance_.pick(values);
    }
    return frame;
}

std::string babbler::of_tool()
{
    const bool known = std::exchange(greeted_, city_.broker().life()) == city_.broker().life();
    if (!known || chance_.percent(5)) { // it does not beat, and is forgotten when it says nothing for long
        const protocol::hello hello{.self = {.id = std::string(tool),
                                             .kind = static_cast<std::uint8_t>(protocol::server_kind::tool),
                                             .boot = 7,
                                             .nonce = nonce},
                                    .newest = {}};
        const auto body = protocol::pack(hello);
        return protocol::encode({.kind = kind::hello, .from = tool, .body = body});
    }
    const auto what = chance_.pick(kinds);
    if (what == kind::bye)
        greeted_ = 0;
    return request(tool, what);
}

std::string babbler::request(std::string_view from, kind what)
{
    const auto body = rubbish();
    const auto peers = city_.peers();
    const auto* server = chance_.pick(peers);
    envelope e{.kind = what, .from = from, .id = ++calls_, .route = chance_.pick(routes), .body = body};
    const auto whom = chance_.below(10);
    if (whom < 3)
        e.room = chance_.pick(city_.ways().rooms);
    else if (whom < 7)
        e.to = {server->id()};
    else if (whom == 7)
        e.to = {server->id(), "nobody"};
    else if (whom == 8)
        e.to = {"broker"};
    const auto frame = protocol::encode(e);
    return chance_.percent(30) ? with_more_elements(frame) : frame;
}

std::string babbler::rubbish()
{
    std::string bytes;
    for (auto count = chance_.below(6); count > 0; --count)
        bytes += chance_.pick(values);
    return bytes;
}

} // namespace citron::sim
