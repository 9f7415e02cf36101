#include "test/sim/stranger.hpp"

#include "common/protocol/package.hpp"
#include "test/sim/guarded.hpp"

#include <array>
#include <utility>

namespace citron::sim {

using protocol::encode_package;
using protocol::package_type;

namespace {

constexpr std::array<std::string_view, 10> routes{
    "connector.entryHandler.enter", "connector.entryHandler.join", "connector.entryHandler.leave",
    "chat.chatHandler.send",        "chat.chatHandler.signal",     "chat.chatHandler.history",
    "chat.chatHandler.users",       "chat.chatRemote.add",         "no route",
    "chat.nobodyHandler.none"};

constexpr std::array<std::string_view, 31> bodies{
    R"({"username":"stranger","rid":"strange"})",
    R"({"username":"stranger","rid":"strange"})",
    R"({"username":"stranger","rid":"strange","since":{"epoch":"never","offset":3}})",
    R"({"username":"stranger","rid":"strange","since":{"epoch":7}})",
    R"({"username":"","rid":"a\u0000b"})",
    R"({"username":"str*nger","rid":"strange"})",
    R"({"username":12,"rid":34})",
    R"({"rid":"other"})",
    R"({"rid":"strange"})",
    "{\"username\":\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\",\"rid\":\"strange\"}",
    "{\"username\":\"\xc3\",\"rid\":\"\xed\xa0\x80\"}",
    R"({"content":"a \"word\" \\ \u00e9 \ud83d\ude00 \n","target":"*","route":"mine"})",
    R"({"content":{"a":[1,-2.5e3,true,false,null,{"b":""}]},"target":"*","cid":"once"})",
    R"({"content":"x","target":"*","route":"a \"b\" \\ \b\f\n\r\t \u0001"})",
    R"({"content":"x","target":"nobody"})",
    R"({"content":"x","target":"stranger"})",
    R"({"content":"x","target":7,"rid":"strange"})",
    R"({"content":[[[[[[1]]]]]],"target":"*","cid":123})",
    R"({"data":{"typing":true}})",
    R"({"before":5,"limit":2})",
    R"({"limit":0})",
    R"({"limit":"many","before":-1})",
    R"({"content":01,"target":"*"})",
    R"({"content":"\ud83d","target":"*"})",
    R"({"content":"\x","target":"*"})",
    R"({"content":tru,"target":"*"})",
    R"({"content":1.,"target":"*"})",
    R"({"content":1e,"target":"*"})",
    R"({"a":1,)",
    "[]",
    ""};

} // namespace

void stranger::wake()
{
    scene_.clock.after(chance_.between(duration(300'000), duration(1'500'000)), [this] {
        if (resting_)
            return;
        visit();
        wake();
    });
}

void stranger::rest()
{
    resting_ = true;
    if (socket_)
        std::exchange(socket_, nullptr)->hang_up(ending::closed);
}

void stranger::visit()
{
    if (socket_ && chance_.percent(70))
        return speak(*socket_);
    if (socket_)
        socket_->hang_up(chance_.percent(80) ? ending::closed : ending::vanished);
    frontend_process* to = &city_.gate();
    asked_for_ = chance_.percent(60) ? chance_.pick(city_.ways().users) : "";
    if (asked_for_.empty())
        to = chance_.pick(city_.connectors()).get();
    words_ = 0;
    socket_ = &sockets_.emplace_back(scene_, *this, *to);
    socket_->dial();
}

void stranger::connected(socket& s)
{
    if (&s != socket_)
        return;
    constexpr std::array<std::string_view, 6> greetings{R"({"sys":{"type":"sim","version":"1"}})",
                                                        R"({"sys":{"dictVersion":"old","protoVersion":1}})",
                                                        R"({"sys":0})",
                                                        "{}",
                                                        "",
                                                        "no json"};
    const auto which = asked_for_.empty() && chance_.percent(25) ? chance_.below(greetings.size()) : 0;
    s.send(encode_package(package_type::handshake, greetings.at(which)));
    if (chance_.percent(90))
        s.send(encode_package(package_type::handshake_ack, {}));
    speak(s);
}

void stranger::speak(socket& s)
{
    if (!asked_for_.empty())
        return say(s, "gate.gateHandler.queryEntry", json{{"uid", asked_for_}}.dump());
    if (scene_.guarded && chance_.percent(8))
        flood(s);
    for (auto n = chance_.between(1, 6); n > 0; --n) {
        const auto what = chance_.below(100);
        if (what < 4)
            return break_framing(s);
        if (what < 8)
            return break_protocol(s);
        if (words_++ == 0 && what < 80)
            introduce(s);
        else
            say(s, routes.at(chance_.below(routes.size())), bodies.at(chance_.below(bodies.size())));
    }
    if (chance_.percent(15))
        s.send(encode_package(package_type::heartbeat, {}));
    if (chance_.percent(3))
        say(s, "chat.chatHandler.send",
            json{{"content", std::string(1U << 20U, 'x')}, {"target", "*"}}.dump());
}

void stranger::introduce(socket& s)
{
    if (!scene_.guarded)
        return say(s, routes[0], bodies[0]);
    const auto which = chance_.percent(40) ? 0 : chance_.below(tokens_of_strangers);
    say(s, routes[0],
        json{{"username", "stranger"}, {"rid", "strange"}, {"token", token_of_stranger("stranger", which)}}
            .dump());
}

/// More than anybody may ask for, until it is thrown out.
void stranger::flood(socket& s)
{
    for (auto n = chance_.between(200, 900); n > 0; --n)
        s.send(protocol::encode_request(++id_, "chat.chatHandler.users", R"({"rid":"strange"})"));
}

/// Sometimes without waiting for an answer, in pieces, or as text.
void stranger::say(socket& s, std::string_view route, std::string_view body)
{
    const auto message = protocol::encode_request(chance_.percent(90) ? ++id_ : 0, route, body);
    const auto mask = chance_.percent(20) ? 0 : chance_.next();
    const auto how = chance_.below(4);
    if (how == 0) { // two frames of one message, with a ping between them
        const auto half = message.size() / 2;
        s.send_raw(client_frame(std::string_view(message).substr(0, half), 0x02, mask));
        s.send_raw(client_frame("?", 0x89, mask));
        return s.send_raw(client_frame(std::string_view(message).substr(half), 0x80, mask));
    }
    const auto frame = client_frame(message, 0x82, mask);
    if (how != 1)
        return s.send_raw(frame);
    const auto first =
        chance_.below(std::min<std::size_t>(frame.size(), 12)); // the header may be in two as well
    s.send_raw(frame.substr(0, first));
    s.send_raw(frame.substr(first));
}

void stranger::break_framing(socket& s)
{
    const auto mask = chance_.next();
    const std::array<std::string, 12> frames{client_frame("\x03\xe8", 0x88, mask),
                                             client_frame("", 0x88, mask),
                                             client_frame("x", 0x88, mask),
                                             client_frame("\x03\xec", 0x88, mask),
                                             client_frame(std::string("\x0f\xa0gone"), 0x88, mask),
                                             client_frame("\xff", 0x81, mask),
                                             client_frame("x", 0x80, mask),
                                             client_frame("x", 0xc2, mask),
                                             client_frame("pong", 0x8a, mask),
                                             client_frame(std::string(200, 'x'), 0x89, mask),
                                             std::string("\x82\x7f\x00\x00\x00\x00\x40\x00\x00\x00zzzz", 14),
                                             std::string("\x82\xff\x00\x00\x00\x00\x40\x00\x00\x00zzzz", 14)};
    s.send_raw(frames.at(chance_.below(frames.size())));
}

void stranger::break_protocol(socket& s)
{
    const std::array<std::string, 9> payloads{
        "",
        std::string("\x09\x00\x00\x00", 4),
        std::string("\x04\x00\x00\x09x", 5),
        encode_package(package_type::kick, "{}"),
        encode_package(package_type::data, std::string("\x0f", 1)),
        encode_package(package_type::data, std::string("\x04\x01x", 3)),
        encode_package(package_type::data, std::string("\x01\x01\x00\x02{}", 6)),
        encode_package(package_type::data, std::string("\x01\x01\x00\x63{}", 6)),
        encode_package(package_type::data, std::string("\x00\x81\x81", 3))};
    s.send(payloads.at(chance_.below(payloads.size())));
}

void stranger::read(socket& s, const std::string& bytes)
{
    const auto found = bytes.find(R"("port":)"); // of the gate's answer
    if (&s == socket_ && !asked_for_.empty() && found != std::string::npos)
        on_entry(std::stoi(bytes.substr(found + 7)));
}

/// The broker has lived, and seen everybody, for long enough.
bool stranger::gate_is_well_informed() const
{
    constexpr milliseconds enough{5000};
    const auto now = scene_.clock.now();
    return city_.broker().running() && city_.broker().changed() + enough < now &&
           city_.broker().stood_still() == duration(0) && city_.gate().changed() + enough < now;
}

void stranger::on_entry(int port)
{
    constexpr milliseconds known_by_then{3000}, way{1000};
    const auto now = scene_.clock.now();
    const auto& chosen = *city_.connectors().at(static_cast<std::size_t>(port - 3051));
    const bool serves = chosen.running() && !chosen.leaving();
    if (gate_is_well_informed() && !serves && chosen.changed() + known_by_then + way < now)
        book_.complain(fmt::format("the gate names {}, which is dead or leaving", chosen.id()));
    const auto before = answers_[asked_for_];
    answers_[asked_for_] = {port, now};
    instant changed = city_.broker().changed();
    for (const auto& c : city_.connectors())
        changed = std::max(changed, c->changed());
    const bool links_are_whole = book_.allowed().answer_within < milliseconds(10'000);
    if (links_are_whole && before.port != 0 && before.port != port && changed + known_by_then < before.when)
        book_.complain(
            fmt::format("the gate names another connector for {} though nothing has changed", asked_for_));
}

void stranger::disconnected(socket& s)
{
    if (&s == socket_)
        socket_ = nullptr;
}

} // namespace citron::sim
