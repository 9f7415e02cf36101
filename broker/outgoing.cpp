#include "broker/outgoing.hpp"

#include <utility>

namespace citron::broker {

outgoing::outgoing(switchboard& board, parking::transmit send, parking::transmit publish, std::size_t limit,
                   protocol::counters& counters)
    : board_(board), requests_(std::move(send), limit), broadcasts_(std::move(publish), limit),
      parked_(counters.at("broker.parked"))
{
}

void outgoing::carry_out(instant now)
{
    retry(requests_, now);
    retry(broadcasts_, now);
    while (true) { // the answer to what could not be delivered is a delivery again
        for (const auto& whom : board_.take_ended()) {
            abandon(requests_, whom, now);
            abandon(broadcasts_, whom, now);
        }
        board_.take_deliveries(deliveries_);
        board_.take_publications(publications_);
        if (deliveries_.empty() && publications_.empty())
            return;
        for (const auto& [identity, bytes] : deliveries_)
            send(requests_, identity.view(), bytes, &switchboard::on_overflow, now);
        for (const auto& [topic, bytes] : publications_)
            send(broadcasts_, topic.view(), bytes, &switchboard::on_topic_overflow, now);
    }
}

void outgoing::retry(parking& by, instant now)
{
    for (const auto& whom : by.retry())
        abandon(by, whom, now);
}

void outgoing::send(parking& by, std::string_view whom, const protocol::frame& bytes, overflow told,
                    instant now)
{
    const auto outcome = by.send(whom, bytes);
    if (outcome == parking::outcome::sent)
        return;
    if (outcome == parking::outcome::parked) {
        ++parked_;
        return;
    }
    board_.on_undeliverable(whom, bytes.view(), now);
    if (outcome == parking::outcome::overflow) {
        abandon(by, whom, now);
        (board_.*told)(whom, now);
    }
}

void outgoing::abandon(parking& from, std::string_view whom, instant now)
{
    for (const auto& bytes : from.drop(whom))
        board_.on_undeliverable(whom, bytes.view(), now);
}

} // namespace citron::broker
