// What a client does with what it reads.
#include "frontend/connector/resume_key.hpp"
#include "test/sim/client.hpp"

#include <utility>

namespace citron::sim {

using protocol::encode_package;
using protocol::package_type;

namespace {

/// Takes one WebSocket frame off `bytes` (RFC 6455 section 5.2; servers do not mask). False: not all of it is
/// there.
bool take_frame(std::string& bytes, unsigned& opcode, std::string& payload)
{
    const auto byte = [&bytes](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
    if (bytes.size() < 2)
        return false;
    std::size_t length = byte(1), header = 2;
    if (length >= 126) {
        header += length == 126 ? 2 : 8;
        if (bytes.size() < header)
            return false;
        length = 0;
        for (std::size_t i = 2; i < header; ++i)
            length = length << 8U | byte(i);
    }
    if (bytes.size() < header + length)
        return false;
    opcode = byte(0) & 0x0fU;
    payload = bytes.substr(header, length);
    bytes.erase(0, header + length);
    return true;
}

} // namespace

void client::connected(socket& s)
{
    if (&s == socket_)
        s.send(encode_package(package_type::handshake, R"({"sys":{"type":"sim","version":"1"}})"));
}

void client::disconnected(socket& s)
{
    if (&s != socket_)
        return;
    scene_.log.line(label_, "is disconnected");
    drop(s);
}

void client::read(socket& s, const std::string& bytes)
{
    if (&s != socket_)
        return;
    constexpr unsigned binary = 2, close = 8;
    heard_ = scene_.clock.now();
    received_ += bytes;
    unsigned opcode = 0;
    std::string payload;
    while (socket_ == &s && take_frame(received_, opcode, payload)) {
        std::string_view rest = payload;
        if (opcode == close)
            return; // the end of the connection follows
        if (opcode != binary)
            book_.complain(who() + ": a frame of opcode " + std::to_string(opcode));
        while (socket_ == &s && !rest.empty()) {
            const auto p = protocol::take_package(rest);
            if (!p)
                return book_.complain(who() + ": a malformed package");
            on_package(*p);
        }
    }
}

void client::on_package(const protocol::package& p)
{
    switch (p.type) {
    case package_type::handshake:
        socket_->send(encode_package(package_type::handshake_ack, {}));
        working_ = true;
        return heartbeat(session_);
    case package_type::kick:
        return on_kick(p.body);
    case package_type::data:
        if (const auto m = protocol::decode_message(p.body))
            return on_message(*m);
        return book_.complain(who() + ": a malformed message");
    default:
        return;
    }
}

void client::on_kick(std::string_view body)
{
    scene_.log.line(label_, "is kicked: {}", body);
    if (socket_->server_left() && body.contains(R"("drain")")) {
        moved_ = stays_;
        back_to_.clear();
        for (const auto& [rid, s] : stays_)
            back_to_.push_back(rid);
        return;
    }
    if (!book_.allowed().kicks)
        book_.complain(fmt::format("{} was kicked: {}", who(), body));
}

void client::on_message(const protocol::client_message& m)
{
    scene_.log.line(label_, "reads {} {} {}", m.id, m.route, m.body);
    const auto& body = scene_.read.parsed(m.body);
    if (!body)
        return book_.complain(who() + ": a malformed body");
    if (m.type == protocol::message_type::push)
        return on_push(m.route, *body);
    const auto asked = asked_.find(m.id);
    if (asked == asked_.end())
        return book_.complain(fmt::format("{}: an answer to request {}, which has none open", who(), m.id));
    const auto q = std::move(asked->second);
    asked_.erase(asked);
    if (overdue(q))
        book_.complain(
            fmt::format("{}: {} of {} in {}: answered late", who(), name_of(q.what), q.content, q.rid));
    on_reply(q, *body);
}

void client::on_reply(const question& q, const json& body)
{
    if (body.contains("code") && body["code"] == 500)
        on_refusal(q, protocol::text_at(body, "reason"));
    else
        on_answer(q, body);
}

void client::on_push(std::string_view route, const json& body)
{
    const auto rid = protocol::text_at(body, "rid");
    const auto found = stays_.find(rid);
    if (route == "onChat" && !body.contains("offset"))
        return book_.whisper_seen(protocol::text_at(body, "msg"), user_, who(), scene_.clock.now());
    if (found == stays_.end())
        return book_.complain(fmt::format("{}: {} of {}, where it is not", who(), route, rid));
    auto& s = *found->second;
    if (route == "onChat")
        book_.chat(s, body);
    else if (route == "onAdd")
        book_.add(s, protocol::text_at(body, "user"));
    else if (route == "onLeave")
        book_.leave(s, protocol::text_at(body, "user"), scene_.clock.now());
    else if (route == "onReset")
        book_.reset(s, body);
    else if (route == "onSignal")
        book_.signal_seen(s, protocol::text_at(body, "data"));
    else
        book_.complain(fmt::format("{}: unknown push {}", who(), route));
}

void client::on_answer(const question& q, const json& body)
{
    switch (q.what) {
    case act::enter:
    case act::join:
        return on_entered(q, body);
    case act::leave:
        if (stays_.contains(q.rid))
            end_stay(q.rid);
        if (!calm_ && !moving() && !stays_.empty() && chance_.percent(30))
            enter(q.rid, act::join); // its leaving may still be on its way to the owner
        return;
    case act::send:
        return on_stored(q, body);
    case act::whisper:
        book_.whisper_acknowledged(q.content, scene_.clock.now());
        if (names_its_messages_)
            remember(q);
        return;
    case act::history:
        return book_.page(q.rid, body, "history");
    case act::users:
        if (still_)
            rosters_[q.rid] = body.value("users", std::set<std::string>());
        return;
    case act::signal:
        return;
    }
}

void client::on_entered(const question& q, const json& body)
{
    if (q.what == act::enter) // the new room first, then out of all others
        while (!stays_.empty())
            end_stay(stays_.begin()->first);
    resume_key_ = protocol::text_at(body, "resumeKey");
    if (!q.same_key) { // it is somebody else now: the names that it gave are not known
        doubtful_.clear();
        stored_.clear();
    }
    keys_[q.rid] = frontend::resume_key::parse(resume_key_).secret;
    orphaned_.erase(q.rid);
    late_.erase(q.rid); // who comes late now is known to be earlier
    auto& s = book_.entered(user_, session_, q.rid, body, scene_.clock.now());
    stays_[q.rid] = &s;
    if (const auto before = moved_.extract(q.rid); before && q.own_name && user_ != ways_.contested)
        book_.came_back(*before.mapped(), s);
    if (q.since)
        book_.resumed(s, *q.since, body);
}

void client::remember(const question& q)
{
    const auto inside = stays_.find(q.rid);
    if (inside != stays_.end())
        stored_[q.rid].push_back({q.content, q.target, inside->second->at.offset});
}

void client::on_stored(const question& q, const json& body)
{
    book_.acknowledged(q.content, q.rid, body);
    acknowledged_.emplace(q.id, std::pair(q.inside, scene_.clock.now()));
    if (names_its_messages_)
        remember(q);
}

/// Its name was refused. Nobody but itself can hold it; and what holds it yields to its key, or is known to
/// be dead.
void client::check_name(const question& q)
{
    constexpr milliseconds until_death_is_known{4'000};
    if (book_.allowed().kicks || user_ == ways_.contested)
        return;
    if (q.own_name)
        book_.complain(fmt::format("{}: its own name was refused in {}", who(), q.rid));
    const auto died = orphaned_.find(q.rid);
    if (died != orphaned_.end() && q.sent > died->second + until_death_is_known)
        book_.complain(fmt::format("{}: its name is still taken in {}", who(), q.rid));
}

/// A send waits for those before it in its stay: who has acknowledged a later one has an answer to this one.
void client::check_timeout(const question& q)
{
    constexpr milliseconds for_the_answer{3'000};
    for (auto later = acknowledged_.upper_bound(q.id); later != acknowledged_.end(); ++later)
        if (later->second.first == q.inside && later->second.second + for_the_answer < scene_.clock.now())
            return book_.complain(fmt::format("{}: {} in {} timed out, but what it said later was stored",
                                              who(), q.content, q.rid));
}

/// It was refused before anybody looked at it.
void client::on_too_fast(const question& q)
{
    if (q.what != act::send && q.what != act::whisper)
        return;
    if (q.again)
        doubtful_[q.rid].push_back({q.content, q.target});
    else
        book_.not_taken(q.content);
}

void client::on_refusal(const question& q, const std::string& reason)
{
    const bool name_taken = reason == "duplicate_user" && q.enters();
    const bool nobody = reason == "no_such_user" && q.what == act::whisper;
    const auto present = stays_.find(q.rid);
    const bool left = reason == "not_entered" && (present == stays_.end() || present->second != q.inside ||
                                                  book_.allowed().kicks); // its name was taken
    const bool no_outcome = reason == "unavailable" || reason == "timeout";
    const bool too_fast = scene_.guarded && reason == "rate_limited";
    if (too_fast)
        on_too_fast(q);
    const bool excused =
        no_outcome && (book_.allowed().refusals || (q.what == act::signal && book_.allowed().lost_signals) ||
                       (q.what == act::whisper && book_.allowed().lost_whispers));
    if (no_outcome)
        doubt(q);
    if (name_taken)
        check_name(q);
    if (reason == "timeout" && q.what == act::send)
        check_timeout(q);
    if (nobody)
        book_.whisper_unknown(q.content, scene_.clock.now());
    if (!name_taken && !nobody && !left && !excused && !too_fast)
        book_.complain(
            fmt::format("{}: {} of {} in {}: {}", who(), name_of(q.what), q.content, q.rid, reason));
}

} // namespace citron::sim
