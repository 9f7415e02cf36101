#include "broker/tap.hpp"

#include <utility>

namespace citron::broker {

namespace {

constexpr std::size_t max_topics = 1000;

}

tap::tap(net::io_context& loop, cluster::zmq_context& context, protocol::counters& counters,
         std::function<void()> on_stranger)
    : copied_(counters.at("broker.tapped")),
      socket_(loop, context, cluster::socket_role::tap,
              {.on_frame = [this](std::string_view, std::string_view frame) { on_subscription(frame); },
               .on_stranger = std::move(on_stranger)})
{
}

void tap::on_subscription(std::string_view frame)
{
    const auto change = cluster::parse_subscription(frame);
    if (!change)
        return;
    if (!change->subscribed)
        topics_.erase(std::string(change->topic));
    else if (topics_.size() < max_topics)
        topics_.emplace(change->topic);
}

void tap::copy(std::string_view bytes)
{
    if (topics_.empty())
        return;
    ++copied_;
    (void)socket_.publish("", bytes); // a slow monitor misses it
}

} // namespace citron::broker
