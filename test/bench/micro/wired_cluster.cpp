#include "test/bench/micro/wired_cluster.hpp"

#include "common/protocol/package.hpp"
#include "test/bench/micro/samples.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace citron::bench {
namespace {

using protocol::server_kind;

constexpr std::size_t connectors = 3;
constexpr protocol::instant now{std::chrono::hours(1)};
constexpr std::uint64_t unix_ms = 1'700'000'000'000;

cluster::peer_options peer_options(std::string id, server_kind kind)
{
    cluster::peer_options options;
    options.self = {.id = std::move(id), .kind = static_cast<std::uint8_t>(kind), .boot = unix_ms};
    options.self.store = kind == server_kind::chat ? "memory" : "";
    return options;
}

frontend::connector_options connector_options(std::size_t number)
{
    frontend::connector_options options;
    options.peer = peer_options(connector_id(number), server_kind::connector);
    for (const auto& known : protocol::client_routes)
        options.sessions.dictionary.emplace_back(known.route);
    options.rooms.random = [n = std::uint64_t{0}]() mutable { return ++n; };
    return options;
}

backend::chat_server_options chat_options()
{
    backend::chat_server_options options;
    options.peer = peer_options(chat_server_id(), server_kind::chat);
    return options;
}

/// As the shell does it: each session that has something is written once.
void write_outboxes(frontend::session_service& sessions)
{
    std::array<std::string_view, 64> parts;
    sessions.flush_dirty([&parts](frontend::session& s) {
        while (const auto count = s.out.gather(parts)) {
            std::size_t size = 0;
            for (std::size_t i = 0; i < count; ++i)
                size += parts[i].size();
            s.out.consume(size);
        }
    });
}

} // namespace

wired_cluster::connector_process::connector_process(std::size_t number)
    : server(connector_options(number), counters, now)
{
    server.on_tick(now, unix_ms);
    nonce = server.line().take_open(now).value();
}

wired_cluster::wired_cluster(std::size_t members)
    : board_({}, counters_, now), store_({}, counters_), chat_(chat_options(), store_, counters_, now)
{
    chat_.on_tick(now, unix_ms);
    chat_nonce_ = chat_.line().take_open(now).value();
    chat_identity_ = protocol::identity_of(chat_server_id(), chat_nonce_);
    for (std::size_t number = 1; number <= connectors; ++number) {
        auto& c = connectors_.emplace_back(number);
        board_.on_subscription(protocol::topic_of(connector_id(number), c.nonce), true, now);
    }
    connector_identity_ = protocol::identity_of(connector_id(1), connectors_.front().nonce);
    settle();
    for (std::size_t number = 1; number <= members; ++number)
        enter(connectors_[0], number);
    enter(connectors_[1], members + 1);
    enter(connectors_[2], members + 2);
}

void wired_cluster::enter(connector_process& c, std::size_t number)
{
    using protocol::package_type;
    auto& sessions = c.server.sessions();
    const auto id = sessions.open(now)->id;
    sender_ = sender_ ? sender_ : id;
    sessions.on_message(id, protocol::encode_package(package_type::handshake, R"({"sys":{}})"), now);
    sessions.on_message(id, protocol::encode_package(package_type::handshake_ack, {}), now);
    const auto json = R"({"username":")" + user(number) + R"(","rid":")" + rid() + R"("})";
    sessions.on_message(id, protocol::encode_request(1, "connector.entryHandler.enter", json), now);
    settle();
}

// ---- carrying

void wired_cluster::settle()
{
    while (carry()) {
    }
    for (auto& c : connectors_)
        write_outboxes(c.server.sessions());
}

/// False: nothing is under way.
bool wired_cluster::carry()
{
    chat_server_turn();
    bool moved = broker_hears(chat_.line());
    for (auto& c : connectors_)
        moved |= broker_hears(c.server.line());
    std::vector<broker::delivery> deliveries;
    std::vector<broker::publication> publications;
    board_.take_deliveries(deliveries);
    board_.take_publications(publications);
    for (const auto* all : {&deliveries_, &deliveries}) // from the steps, and of just now
        std::ranges::for_each(*all, [this](const auto& d) { hear(d); });
    for (const auto* all : {&publications_, &publications})
        std::ranges::for_each(*all, [this](const auto& p) { hear(p); });
    deliveries_.clear();
    publications_.clear();
    return moved;
}

bool wired_cluster::broker_hears(cluster::peer& line)
{
    const auto identity = protocol::identity_of(line.self().id, line.self().nonce);
    const bool any = line.outgoing();
    for (; line.outgoing(); line.pop_outgoing())
        board_.on_frame(identity, *line.outgoing(), now);
    return any;
}

void wired_cluster::hear(const broker::delivery& d)
{
    if (d.identity.view() == chat_identity_)
        return chat_.line().on_frame(d.bytes.view(), now);
    for (auto& c : connectors_)
        if (d.identity.view().starts_with(c.server.line().self().id))
            c.server.line().on_frame(d.bytes.view(), now);
}

void wired_cluster::hear(const broker::publication& p)
{
    for (auto& c : connectors_)
        if (p.topic.view().starts_with(c.server.line().self().id))
            c.server.line().on_published(std::string(p.topic.view()).append(p.bytes.view()), now);
}

void wired_cluster::chat_server_turn()
{
    for (chat_.end_turn(now); !store_.idle(); chat_.end_turn(now))
        store_.complete();
}

// ---- step by step

std::string wired_cluster::bring_to(step s)
{
    settle();
    for (auto before = step::client_send; before != s;
         before = static_cast<step>(static_cast<int>(before) + 1))
        perform(before, input_of(before));
    return input_of(s);
}

std::string wired_cluster::input_of(step s)
{
    auto& connector = connectors_.front().server;
    auto& said = s == step::relay_request ? connector.line() : chat_.line();
    std::string bytes;
    switch (s) {
    case step::client_send:
        ++request_;
        return protocol::encode_request(request_ % 1000 + 1, send_route, send_json(request_));
    case step::relay_request:
    case step::relay_answer:
    case step::relay_broadcast:
        bytes = *said.outgoing();
        said.pop_outgoing();
        return bytes;
    case step::serve_send:
    case step::answer_client:
        bytes = deliveries_.at(0).bytes.view();
        deliveries_.clear();
        return bytes;
    case step::show_broadcast:
        bytes = std::string(publications_.at(0).topic.view()).append(publications_.at(0).bytes.view());
        publications_.erase(publications_.begin()); // the other connectors get theirs at the end
        return bytes;
    case step::write_outboxes:
        break;
    }
    return bytes;
}

void wired_cluster::perform(step s, std::string bytes)
{
    auto& connector = connectors_.front().server;
    switch (s) {
    case step::client_send:
        return connector.sessions().on_message(sender_, bytes, now);
    case step::relay_request:
        board_.on_frame(connector_identity_, std::move(bytes), now);
        board_.take_deliveries(deliveries_);
        return;
    case step::serve_send:
        chat_.line().on_frame(bytes, now);
        return chat_server_turn();
    case step::relay_answer:
        board_.on_frame(chat_identity_, std::move(bytes), now);
        board_.take_deliveries(deliveries_);
        return;
    case step::answer_client:
        return connector.line().on_frame(bytes, now);
    case step::relay_broadcast:
        board_.on_frame(chat_identity_, std::move(bytes), now);
        board_.take_publications(publications_);
        return;
    case step::show_broadcast:
        return connector.line().on_published(bytes, now);
    case step::write_outboxes:
        return write_outboxes(connector.sessions());
    }
}

void measure_step(benchmark::State& state, step s, std::size_t members)
{
    wired_cluster all(members);
    measure(
        state, [&] { return all.bring_to(s); },
        [&](std::string& bytes) { all.perform(s, std::move(bytes)); });
}

} // namespace citron::bench
