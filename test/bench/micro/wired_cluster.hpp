// A broker, three connectors and a chat server without sockets: what one message of a client sets off can be
// stopped before any of its steps, to measure that step.
#pragma once

#include "backend/chat_server.hpp"
#include "backend/history/memory_store.hpp"
#include "broker/switchboard.hpp"
#include "frontend/connector/connector.hpp"
#include "test/bench/micro/measure.hpp"

#include <deque>
#include <string>
#include <string_view>

namespace citron::bench {

/// In the order in which they happen.
enum class step
{
    client_send,     ///< connector: WebSocket message -> call
    relay_request,   ///< broker
    serve_send,      ///< chat server: call -> stored, answer and broadcast queued
    relay_answer,    ///< broker
    answer_client,   ///< connector: reply -> the sender's outbox
    relay_broadcast, ///< broker: to all three connectors
    show_broadcast,  ///< connector: published frame -> outboxes of all its members
    write_outboxes,  ///< connector: outboxes -> what the sockets are given
};

class wired_cluster
{
public:
    /// One room: so many members on the first connector, one on each of the others.
    explicit wired_cluster(std::size_t members);

    /// The first member sends a message, which gets as far as `s`: returns the bytes that it begins with.
    /// Whatever was under way before is over.
    [[nodiscard]] std::string bring_to(step s);
    /// Precondition: bring_to(s) returned `bytes`.
    void perform(step s, std::string bytes);

private:
    struct connector_process
    {
        explicit connector_process(std::size_t number);
        protocol::counters counters;
        frontend::connector server;
        std::uint64_t nonce = 0;
    };

    void enter(connector_process& c, std::size_t number);
    void settle();
    [[nodiscard]] bool carry();
    [[nodiscard]] bool broker_hears(cluster::peer& line);
    void hear(const broker::delivery& d);
    void hear(const broker::publication& p);
    void chat_server_turn();
    [[nodiscard]] std::string input_of(step s);

    protocol::counters counters_;
    broker::switchboard board_;
    backend::memory_store store_;
    backend::chat_server chat_;
    std::uint64_t chat_nonce_ = 0;
    std::deque<connector_process> connectors_;
    std::vector<broker::delivery> deliveries_;
    std::vector<broker::publication> publications_;
    protocol::session_id sender_ = 0;
    std::uint32_t request_ = 0;
    std::string chat_identity_, connector_identity_;
};

/// Measures one step of a room's messages.
void measure_step(benchmark::State& state, step s, std::size_t members);

} // namespace citron::bench
