#include "common/cluster/zmq_stream.hpp"

#include "common/cluster/zmq_socket.hpp"
#include "common/runtime/spawn.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cerrno>
#include <cstring>
#include <utility>

namespace citron::cluster {

namespace {

namespace opt = zmq::sockopt;

// What one socket may take before others in the loop have their turn, and what came of it is sent: frames,
// bytes, and time, whichever ends first.
constexpr int burst = 256;
constexpr std::size_t burst_bytes = 1U << 20U;
constexpr std::chrono::milliseconds burst_time{20};
constexpr int drain_most = 50'000; // frames; who floods faster than we read is not waited for

constexpr int failed_early = ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL;
constexpr int disconnected =
    ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_CLOSED | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH | failed_early;

/// The first frame of a monitor's message: which event, 16 bits, then its value.
std::string_view reason_in(std::string_view frame)
{
    std::uint16_t event = 0;
    if (frame.size() < sizeof event)
        return {};
    std::memcpy(&event, frame.data(), sizeof event);
    return event == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH ? "key" : (event & failed_early) != 0 ? "handshake" : "";
}

} // namespace

std::optional<subscription> parse_subscription(std::string_view frame)
{
    if (frame.empty() || (frame[0] != '\0' && frame[0] != '\1'))
        return std::nullopt;
    return subscription{frame[0] == '\1', frame.substr(1)};
}

/// The socket and its one coroutine. Outlives its zmq_stream by the time that coroutine needs to see
/// `closed_`.
struct zmq_stream::impl : std::enable_shared_from_this<impl>
{
    impl(net::io_context& loop, zmq_context::native& context, zmq::socket_t socket, bool has_identity,
         stream_handlers handlers)
        : loop_(loop), context_(context), has_identity_(has_identity), handlers_(std::move(handlers)),
          socket_(std::move(socket)), fd_(loop, socket_.get(opt::fd)), retry_(loop)
    {
    }
    ~impl() { close(0); }

    static net::awaitable<void> run(std::shared_ptr<impl> self);
    void turn();
    bool read_burst();
    void drain();
    void wake();
    void look_again();
    void close(int linger);
    void monitor(int events, std::function<void(std::string_view event)> told);
    [[nodiscard]] send_result send(std::string_view identity, zmq::message_t& body);

    bool receive();
    bool answer();
    void malformed();
    void carry_out();
    [[nodiscard]] bool put_now(zmq::message_t& part, int flags);
    [[nodiscard]] bool readable() { return (events_of(socket_) & ZMQ_POLLIN) != 0; }
    [[nodiscard]] send_result full();

    net::io_context& loop_;
    zmq_context::native& context_;
    bool has_identity_; ///< messages have two frames: router, and the monitor's pair
    bool closed_ = false, woken_ = false, sleeping_ = false, looking_ = false, retrying_ = false;
    stream_handlers handlers_;
    zmq::socket_t socket_;
    net::posix::stream_descriptor fd_; ///< libzmq's: released, never closed
    net::steady_timer retry_;
    zmq::message_t identity_, frame_;
    std::shared_ptr<impl> monitor_;
};

net::awaitable<void> zmq_stream::impl::run(std::shared_ptr<impl> self)
{
    while (!self->closed_) {
        self->turn();
        if (self->closed_)
            co_return;
        if (self->woken_ || self->readable()) {
            co_await net::post(net::use_awaitable); // share the loop, do not sleep
            continue;
        }
        boost::system::error_code woken; // by the descriptor, wake() or close()
        self->sleeping_ = true;
        co_await self->fd_.async_wait(net::posix::descriptor_base::wait_read,
                                      net::redirect_error(net::use_awaitable, woken));
        self->sleeping_ = false;
    }
}

void zmq_stream::impl::turn()
{
    woken_ = false;
    (void)read_burst();
    if (!closed_)
        runtime::guard("stream.on_turn", handlers_.on_turn);
}

/// False: nothing waits any more.
bool zmq_stream::impl::read_burst()
{
    const auto end = std::chrono::steady_clock::now() + burst_time;
    std::size_t bytes = 0;
    for (int n = 0; n < burst && bytes < burst_bytes; ++n) {
        if (!receive())
            return false;
        bytes += frame_.size();
        if (std::chrono::steady_clock::now() >= end)
            break;
    }
    return true;
}

void zmq_stream::impl::drain()
{
    for (int n = 0; n < drain_most && receive(); ++n) {
    }
    wake();
}

/// False when nothing waits. A message of a wrong number of frames is a stranger's: dropped.
bool zmq_stream::impl::receive()
{
    if (closed_)
        return false;
    if (handlers_.on_question)
        return answer();
    auto& first = has_identity_ ? identity_ : frame_;
    if (!take(socket_, first))
        return false;
    if (first.more() != has_identity_) {
        malformed();
        return true;
    }
    if (has_identity_ && (!take(socket_, frame_) || frame_.more())) { // frames come together or not at all
        malformed();
        return true;
    }
    const auto identity = has_identity_ ? identity_.to_string_view() : std::string_view();
    if (handlers_.admits)
        carry_out();
    runtime::guard("stream.on_frame", [&] { handlers_.on_frame(identity, frame_.to_string_view()); });
    return true;
}

/// Every question gets an answer before the next one is taken; libzmq takes one that is none for a refusal.
bool zmq_stream::impl::answer()
{
    std::vector<zmq::message_t> question(1);
    if (!take(socket_, question.back()))
        return false;
    for (zmq::message_t part; question.back().more() && take(socket_, part);)
        question.push_back(std::move(part));
    std::vector<std::string_view> frames;
    frames.reserve(question.size());
    for (const auto& part : question)
        frames.push_back(part.to_string_view());
    std::vector<std::string> reply;
    runtime::guard("stream.on_question", [&] { reply = handlers_.on_question(frames); });
    if (reply.empty())
        reply.emplace_back();
    for (std::size_t i = 0; i < reply.size(); ++i) {
        zmq::message_t part(reply[i].data(), reply[i].size());
        (void)put(socket_, part, i + 1 < reply.size() ? ZMQ_SNDMORE : 0); // who asked may be gone
    }
    return true;
}

void zmq_stream::impl::malformed()
{
    zmq::message_t part;
    while (socket_.get(opt::rcvmore) && take(socket_, part)) {
    }
    const auto identity = has_identity_ ? identity_.to_string_view() : std::string_view();
    runtime::guard("stream.on_malformed", [&] { handlers_.on_malformed(identity); });
}

/// XPUB_MANUAL: nothing is subscribed but what is done here, for the subscription just received.
void zmq_stream::impl::carry_out()
{
    const auto change = parse_subscription(frame_.to_string_view());
    if (!change || !handlers_.admits(change->topic))
        return;
    const int option = change->subscribed ? ZMQ_SUBSCRIBE : ZMQ_UNSUBSCRIBE;
    (void)zmq_setsockopt(socket_.handle(), option, change->topic.data(), change->topic.size());
}

/// EAGAIN may be stale news: look at the events and try once more.
bool zmq_stream::impl::put_now(zmq::message_t& part, int flags)
{
    if (put(socket_, part, flags))
        return true;
    if (errno != EAGAIN)
        return false;
    (void)readable();
    return put(socket_, part, flags);
}

send_result zmq_stream::impl::send(std::string_view identity, zmq::message_t& body)
{
    if (closed_)
        return send_result::unreachable;
    if (body.size() > max_frame)
        return send_result::too_large;
    look_again();
    if (has_identity_) {
        zmq::message_t to(identity.data(), identity.size());
        if (!put_now(to, ZMQ_SNDMORE))
            return errno == EAGAIN ? full() : send_result::unreachable;
    }
    return put_now(body, 0) ? send_result::sent : full();
}

/// That there is room again may be told, and digested, while something else is sent; and of many pipes libzmq
/// does not say which one has it. So whoever waits for room gets a turn soon in any case.
send_result zmq_stream::impl::full()
{
    constexpr protocol::milliseconds soon{5};
    if (!std::exchange(retrying_, true)) {
        retry_.expires_after(soon);
        retry_.async_wait([self = shared_from_this()](boost::system::error_code /*cancelled*/) {
            self->retrying_ = false;
            self->wake();
        });
    }
    return send_result::full;
}

/// Sending may swallow the edge of what waits to be read. One look is enough for all that is sent until then;
/// and none is needed while our coroutine is about to look anyway.
void zmq_stream::impl::look_again()
{
    if (!sleeping_ || std::exchange(looking_, true))
        return;
    net::post(fd_.get_executor(), [self = shared_from_this()] {
        self->looking_ = false;
        if (!self->closed_ && self->readable())
            self->wake();
    });
}

void zmq_stream::impl::wake()
{
    if (closed_)
        return;
    woken_ = true;
    if (std::exchange(sleeping_, false))
        fd_.cancel();
}

void zmq_stream::impl::close(int linger)
{
    if (std::exchange(closed_, true))
        return;
    if (monitor_) {
        (void)zmq_socket_monitor(socket_.handle(), nullptr, 0); // first: it must not write to nobody
        monitor_->close(0);
    }
    retry_.cancel();
    (void)fd_.release();
    socket_.set(opt::linger, linger);
    socket_.close();
}

/// A monitor's messages are [event, endpoint]. They are bounded by nothing: the I/O thread would wait for
/// room.
void zmq_stream::impl::monitor(int events, std::function<void(std::string_view event)> told)
{
    const auto endpoint = "inproc://monitor-" + std::to_string(++context_.monitors);
    if (zmq_socket_monitor(socket_.handle(), endpoint.c_str(), events) != 0)
        throw zmq::error_t();
    zmq::socket_t pair(context_.context, zmq::socket_type::pair);
    pair.set(opt::linger, 0);
    pair.set(opt::rcvhwm, 0);
    pair.connect(endpoint);
    stream_handlers hint{.on_frame = [told = std::move(told)](std::string_view event, auto) { told(event); }};
    monitor_ = std::make_shared<impl>(loop_, context_, std::move(pair), true, std::move(hint));
    runtime::spawn(loop_.get_executor(), "zmq monitor", run(monitor_));
}

zmq_stream::zmq_stream(net::io_context& loop, zmq_context& context, socket_role role,
                       stream_handlers handlers, const std::string& identity)
    : impl_(std::make_shared<impl>(loop, context.get(), make_socket(context.get().context, role, identity),
                                   role == socket_role::router, std::move(handlers)))
{
    if (const auto& told = impl_->handlers_.on_disconnect)
        impl_->monitor(disconnected, [told](std::string_view event) { told(reason_in(event)); });
    if (impl_->handlers_.admits)
        impl_->socket_.set(opt::xpub_manual, true);
}

zmq_stream::~zmq_stream()
{
    close();
}

void zmq_stream::guard(const std::string& secret, const std::string& door)
{
    guard_socket(impl_->socket_, secret, door);
    if (const auto& told = impl_->handlers_.on_stranger)
        impl_->monitor(failed_early, [told](std::string_view) { told(); });
}

void zmq_stream::identify(const curve_identity& us, const std::string& broker_key)
{
    identify_socket(impl_->socket_, us, broker_key);
}

void zmq_stream::bind(const std::string& endpoint)
{
    bind_socket(impl_->socket_, endpoint);
}

void zmq_stream::connect(const std::string& endpoint)
{
    connect_socket(impl_->socket_, endpoint);
}

void zmq_stream::subscribe(std::string_view topic)
{
    impl_->socket_.set(opt::subscribe, topic);
}

std::string zmq_stream::endpoint() const
{
    return impl_->socket_.get(opt::last_endpoint);
}

void zmq_stream::start()
{
    runtime::spawn(impl_->fd_.get_executor(), "zmq stream", impl::run(impl_));
}

send_result zmq_stream::send(std::string_view frame)
{
    zmq::message_t body(frame.data(), frame.size());
    return impl_->send({}, body);
}

send_result zmq_stream::send(std::string_view identity, std::string_view frame)
{
    zmq::message_t body(frame.data(), frame.size());
    return impl_->send(identity, body);
}

send_result zmq_stream::publish(std::string_view topic, std::string_view bytes)
{
    zmq::message_t body(topic.size() + bytes.size());
    std::memcpy(body.data(), topic.data(), topic.size());
    std::memcpy(static_cast<char*>(body.data()) + topic.size(), bytes.data(), bytes.size());
    return impl_->send({}, body);
}

std::string_view zmq_stream::sender() const
{
    const char* name = zmq_msg_gets(impl_->frame_.handle(), "User-Id");
    return name ? name : std::string_view();
}

bool zmq_stream::read_burst()
{
    const auto self = impl_; // a handler may destroy us
    const bool more = self->read_burst();
    self->wake();
    return more;
}

void zmq_stream::drain()
{
    const auto self = impl_; // a handler may destroy us
    self->drain();
}

void zmq_stream::close(protocol::milliseconds linger)
{
    impl_->close(static_cast<int>(linger.count()));
}

} // namespace citron::cluster
