#include "common/cluster/link.hpp"

#include "common/cluster/this_host.hpp"
#include "common/runtime/config.hpp"
#include "common/runtime/lifecycle.hpp"
#include "common/runtime/log.hpp"
#include "common/runtime/spawn.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <iterator>
#include <utility>

namespace citron::cluster {

namespace log = runtime::log;

link::link(net::io_context& loop, zmq_context& context, peer& line, std::vector<link_endpoints> ways,
           link_hooks hooks, key_source keys)
    : loop_(loop), context_(context), peer_(line), ways_(std::move(ways)), endpoints_(ways_.at(0)),
      hooks_(std::move(hooks)), key_source_(std::move(keys)), timer_(loop),
      alive_(std::make_shared<bool>(false))
{
    if (!hooks_.on_refused)
        hooks_.on_refused = [](const std::string& text) { runtime::give_up(text); };
}

link::~link()
{
    stop();
}

void link::start()
{
    *alive_ = true;
    turn(); // opens, so that a bad endpoint is told here
    runtime::spawn(loop_.get_executor(), "link", tick(alive_));
}

void link::stop()
{
    constexpr protocol::milliseconds linger{500}; // for a bye
    if (!std::exchange(*alive_, false))
        return;
    timer_.cancel();
    pump();
    if (dealer_)
        dealer_->close(linger);
    close_sockets();
}

net::awaitable<void> link::tick(std::shared_ptr<bool> alive)
{
    constexpr protocol::milliseconds period{100};
    while (*alive) {
        boost::system::error_code cancelled;
        timer_.expires_after(period);
        co_await timer_.async_wait(net::redirect_error(net::use_awaitable, cancelled));
        if (*alive)
            runtime::guard("link.tick", [this] { on_tick(); });
    }
}

/// What waits is read before anybody is judged silent or late, but not for so long that we fall silent. The
/// last burst's turn is the tick's own.
void link::catch_up()
{
    constexpr protocol::milliseconds most{100};
    const auto end = now() + most;
    const auto read = [this] {
        const bool more = dealer_ && dealer_->read_burst();
        return (sub_ && sub_->read_burst()) || more;
    };
    while (read() && *alive_ && now() < end)
        turn();
}

void link::on_tick()
{
    catch_up();
    if (!*alive_)
        return;
    const auto time = now();
    peer_.on_tick(time);
    hooks_.on_tick(time);
    turn();
    if (*alive_ && peer_.refused_for_good())
        hooks_.on_refused("another living server has the id " + peer_.self().id + ", says the broker at " +
                          endpoints_.requests);
}

/// Posted: whatever the loop has ready by now, of both sockets and of the clients, comes before it.
void link::flush()
{
    if (std::exchange(turn_posted_, true))
        return;
    net::post(loop_, [this, alive = alive_] {
        if (!*alive)
            return;
        turn_posted_ = false;
        runtime::guard("link.turn", [this] { turn(); });
    });
}

void link::turn()
{
    const auto time = now();
    hooks_.after_turn(time);
    if (!*alive_)
        return;
    if (peer_.take_close())
        lose();
    if (const auto nonce = peer_.take_open(time))
        open(*nonce);
    pump();
    if (peer_.up() && !std::exchange(was_up_, true)) {
        said_lost_ = said_hint_ = false;
        log::info("link.up broker={} view={}", endpoints_.requests, peer_.view().number);
    }
}

/// The first way at whose end somebody listens; the last one is taken unseen.
void link::choose_way()
{
    const auto leads_there = [](const link_endpoints& way) { return may_answer(way.requests); };
    const auto last = std::prev(ways_.end());
    endpoints_ = *std::find_if(ways_.begin(), last, leads_there);
}

void link::read_keys()
{
    if (!key_source_)
        return;
    try {
        keys_ = key_source_();
    } catch (const runtime::config_error& error) { // somebody may be writing them just now
        if (!keys_)
            throw;
        log::warn("keys.unreadable what=\"{}\" (the last ones hold)", log::printable(error.what()));
    }
}

void link::show_keys(zmq_stream& socket)
{
    if (keys_)
        socket.identify(keys_->us, keys_->broker[tried_ % keys_->broker.size()]);
}

void link::open(std::uint64_t nonce)
{
    choose_way();
    read_keys();
    hint_.clear();
    const auto& self = peer_.self();
    const auto on_disconnect = [this](std::string_view why) { on_hint(why); };
    const auto on_turn = [this] { flush(); };
    if (self.type() == protocol::server_kind::connector) {
        const auto heard = [this](auto, std::string_view frame) { peer_.on_published(frame, now()); };
        sub_ = std::make_unique<zmq_stream>(loop_, context_, socket_role::sub,
                                            stream_handlers{heard, on_turn, on_disconnect});
        show_keys(*sub_);
        sub_->subscribe(protocol::topic_of(self.id, nonce));
        sub_->connect(endpoints_.broadcasts);
        sub_->start();
    }
    const auto heard = [this](auto, std::string_view frame) { peer_.on_frame(frame, now()); };
    dealer_ = std::make_unique<zmq_stream>(loop_, context_, socket_role::dealer,
                                           stream_handlers{heard, on_turn, on_disconnect},
                                           protocol::identity_of(self.id, nonce));
    show_keys(*dealer_);
    dealer_->connect(endpoints_.requests);
    dealer_->start();
}

/// What arrived before the line was cut still counts.
void link::on_hint(std::string_view why)
{
    // A broker that ends takes along who is just shaking hands: only twice in a row does it mean something.
    ended_early_ = why == "handshake" ? ended_early_ + 1 : 0;
    hint_ = ended_early_ == 1 ? std::string_view() : why;
    if (dealer_)
        dealer_->drain();
    if (!*alive_)
        return;
    peer_.on_lost(now());
    turn();
}

void link::lose()
{
    close_sockets();
    const bool had_it = std::exchange(was_up_, false);
    if (!had_it)
        ++tried_;
    const bool news = !hint_.empty() && !std::exchange(said_hint_, true);
    if (std::exchange(said_lost_, true) && !news)
        return; // once, until it is back; and once more when the reason is known
    if (const auto& why = hint_.empty() ? peer_.refusal() : hint_; !why.empty())
        log::warn("link.down broker={} refused={} (trying on)", endpoints_.requests, log::printable(why));
    else
        log::warn("link.down {} {} (trying on)", had_it ? "lost the broker at" : "no broker at",
                  endpoints_.requests);
}

void link::close_sockets()
{
    dealer_.reset();
    sub_.reset();
}

void link::pump()
{
    while (const auto* frame = dealer_ ? peer_.outgoing() : nullptr) {
        if (dealer_->send(*frame) == send_result::full)
            return; // the socket's next turn comes here again
        peer_.pop_outgoing();
    }
}

} // namespace citron::cluster
