#include "broker/broker.hpp"

#include "common/cluster/endpoints.hpp"
#include "common/cluster/joining.hpp"
#include "common/cluster/this_host.hpp"
#include "common/runtime/config.hpp"
#include "common/runtime/log.hpp"
#include "common/runtime/spawn.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <charconv>
#include <chrono>
#include <utility>

namespace citron::broker {

namespace {

constexpr milliseconds tick_period(100);
constexpr std::size_t longest_note = 4096; // bytes; a view names all servers

instant now()
{
    return std::chrono::steady_clock::now();
}

template <typename Socket>
std::uint16_t bind_tcp(Socket& socket, const std::string& host, std::uint16_t port)
{
    socket.bind(cluster::tcp_endpoint(host, port));
    const auto endpoint = socket.endpoint();
    std::uint16_t real = 0;
    std::from_chars(endpoint.data() + endpoint.rfind(':') + 1, endpoint.data() + endpoint.size(), real);
    return real;
}

/// Opens ipc first: a peer that finds the port open finds that too, and does not take the longer way.
template <typename Socket>
std::uint16_t listen_on(Socket& socket, const std::string& host, std::uint16_t port,
                        const std::string& ipc_host, std::string_view key)
{
    try {
        if (!ipc_host.empty() && port != 0)
            socket.bind(cluster::ipc_endpoint(ipc_host, port));
        const auto real = bind_tcp(socket, host, port);
        if (!ipc_host.empty() && port == 0)
            socket.bind(cluster::ipc_endpoint(ipc_host, real));
        return real;
    } catch (const runtime::config_error& error) {
        throw runtime::config_error(fmt::format("broker.{}: {}", key, error.what()));
    }
}

} // namespace

broker::broker(net::io_context& loop, cluster::zmq_context& context, registry_options options,
               protocol::counters& counters, std::size_t queue_bytes)
    : loop_(loop), context_(context), counters_(counters), board_(std::move(options), counters, now()),
      tap_(loop, context, counters, [this] { on_stranger(); }),
      router_(loop, context, cluster::socket_role::router,
              {.on_frame =
                   [this](std::string_view identity, std::string_view bytes) {
                       tap_.copy(bytes);
                       board_.on_frame(identity, std::string(bytes), now(), role_of_sender());
                   },
               .on_turn = [this] { carry_out(); },
               .on_malformed = [this](std::string_view identity) { board_.on_garbage(identity); },
               .on_stranger = [this] { on_stranger(); }}),
      xpub_(loop, context, cluster::socket_role::xpub,
            {.on_frame = [this](std::string_view, std::string_view bytes) { on_subscription(bytes); },
             .on_turn = [this] { carry_out(); },
             .admits = [](std::string_view topic) { return registry::is_topic(topic); },
             .on_stranger = [this] { on_stranger(); }}),
      timer_(loop),
      outgoing_(
          board_, [this](auto whom, auto bytes) { return router_.send(whom, bytes); },
          [this](auto whom, auto bytes) { return xpub_.publish(whom, bytes); }, queue_bytes, counters),
      alive_(std::make_shared<bool>(false))
{
}

broker::~broker()
{
    stop();
}

void broker::start(const broker_endpoints& where)
{
    const bool keyed = !where.keys.empty();
    if (!keyed && !cluster::is_loopback(where.bind))
        throw runtime::config_error(
            fmt::format("broker.{}: {}", where.bind_key, cluster::needs_keys(where.bind)));
    if (keyed)
        guard(where.keys);
    listening_ = where;
    listening_.port = listen_on(router_, where.bind, where.port, where.ipc_host, "port");
    listening_.pub_port = listen_on(xpub_, where.bind, where.pub_port, where.ipc_host, "pubPort");
    listening_.tap_port = listen_on(tap_, keyed ? where.bind : "127.0.0.1", where.tap_port, "", "tapPort");
    runtime::log::info("broker.listening port={} pubPort={} tapPort={} ipc={} keys={}", listening_.port,
                       listening_.pub_port, listening_.tap_port, where.ipc_host.empty() ? "no" : "yes",
                       keyed ? "yes" : "no");
    *alive_ = true;
    router_.start();
    xpub_.start();
    tap_.start();
    runtime::spawn(timer_.get_executor(), "broker tick", tick(alive_));
}

void broker::guard(const std::filesystem::path& keys)
{
    gatekeeper_ = std::make_unique<gatekeeper>(loop_, context_, keys, counters_);
    gatekeeper_->guard(router_, door::requests);
    gatekeeper_->guard(xpub_, door::broadcasts);
    gatekeeper_->guard(tap_.socket(), door::tap);
}

std::optional<std::string_view> broker::role_of_sender() const
{
    return gatekeeper_ ? std::optional(router_.sender()) : std::nullopt;
}

void broker::on_stranger()
{
    if (gatekeeper_)
        gatekeeper_->on_stranger();
}

void broker::stop()
{
    if (!std::exchange(*alive_, false))
        return;
    timer_.cancel();
    report();
    router_.close();
    xpub_.close();
    tap_.close();
    if (gatekeeper_)
        gatekeeper_->close();
}

net::awaitable<void> broker::tick(std::shared_ptr<bool> alive)
{
    while (*alive) {
        boost::system::error_code cancelled;
        timer_.expires_after(tick_period);
        co_await timer_.async_wait(net::redirect_error(net::use_awaitable, cancelled));
        if (*alive)
            runtime::guard("broker.tick", [this] { on_tick(); });
    }
}

void broker::on_tick()
{
    router_.drain(); // nobody is judged silent while his beat waits to be read
    xpub_.drain();
    board_.on_tick(now());
    if (gatekeeper_)
        gatekeeper_->on_tick(now());
    carry_out();
}

void broker::on_subscription(std::string_view bytes)
{
    if (const auto change = cluster::parse_subscription(bytes))
        (void)board_.on_subscription(change->topic, change->subscribed, now()); // counted when it is none
    else
        board_.on_garbage("xpub");
}

void broker::carry_out()
{
    outgoing_.carry_out(now());
    report();
}

void broker::report()
{
    for (const auto& note : board_.take_notes())
        runtime::log::info("{}", runtime::log::printable(note, longest_note));
    for (const auto& note : gatekeeper_ ? gatekeeper_->take_notes() : std::vector<std::string>())
        runtime::log::warn("{}", runtime::log::printable(note));
}

} // namespace citron::broker
