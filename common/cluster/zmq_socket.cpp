#include "common/cluster/zmq_socket.hpp"

#include "common/runtime/config.hpp"

#include <netdb.h>
#include <sched.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <memory>

namespace citron::cluster {

/// The I/O thread does not cut in on the loop that wakes it, so it finds all of a turn's frames at once.
/// (Under another policy than the usual one, real-time say, libzmq would fail to change it, and abort.)
zmq_context::zmq_context() : native_(std::make_unique<native>())
{
    if (sched_getscheduler(0) == SCHED_OTHER)
        native_->context.set(zmq::ctxopt::thread_sched_policy, SCHED_BATCH);
}
zmq_context::~zmq_context() = default;

bool has_curve()
{
    return zmq_has("curve") == 1;
}

std::optional<std::string> decoded_key(const std::string& z85)
{
    std::array<std::uint8_t, key_bytes> bytes{};
    if (z85.size() != key_characters || !zmq_z85_decode(bytes.data(), z85.c_str()))
        return std::nullopt;
    return std::string(bytes.begin(), bytes.end());
}

curve_identity identity_with(const std::string& secret)
{
    std::array<char, key_characters + 1> text{}; // and a NUL
    if (zmq_curve_public(text.data(), secret.c_str()) != 0)
        throw zmq::error_t();
    return {.public_key = text.data(), .secret = secret};
}

namespace {

namespace opt = zmq::sockopt;

constexpr int queued_frames = 1'000;  // to one peer; the byte-bounded queues are ours and stand behind it
constexpr int unread_frames = 50'000; // from one peer; a full one stops reading its heartbeats
constexpr int longest_subscription = 64 * 1024;

/// A signal is no answer.
template <typename Call>
int uninterrupted(Call call)
{
    int outcome = call();
    while (outcome < 0 && errno == EINTR)
        outcome = call();
    return outcome;
}

zmq::socket_type type_of(socket_role role)
{
    switch (role) {
    case socket_role::router:
        return zmq::socket_type::router;
    case socket_role::dealer:
        return zmq::socket_type::dealer;
    case socket_role::sub:
        return zmq::socket_type::sub;
    case socket_role::zap:
        return zmq::socket_type::rep;
    case socket_role::xpub:
    case socket_role::tap:
        break;
    }
    return zmq::socket_type::xpub;
}

void set_for_all(zmq::socket_t& socket)
{
    socket.set(opt::linger, 0);
    socket.set(opt::sndhwm, queued_frames);
    socket.set(opt::rcvhwm, unread_frames);
    socket.set(opt::sndtimeo, 0);
    socket.set(opt::heartbeat_ivl, 1'000);
    socket.set(opt::heartbeat_timeout, 5'000);
    socket.set(opt::heartbeat_ttl, 5'000);
    socket.set(opt::handshake_ivl, 5'000);
    socket.set(opt::tcp_keepalive, 1);
    socket.set(opt::tcp_keepalive_idle, 15);
    socket.set(opt::tcp_keepalive_intvl, 5);
    socket.set(opt::tcp_keepalive_cnt, 3);
}

/// libzmq binds to addresses only: "tcp://localhost:1" -> "tcp://127.0.0.1:1". What has no address stays as
/// it is.
std::string resolved(const std::string& endpoint)
{
    constexpr std::string_view scheme = "tcp://";
    const auto colon = endpoint.rfind(':');
    const auto host = endpoint.substr(scheme.size(), colon - scheme.size());
    addrinfo hints{}, *found = nullptr;
    hints.ai_family = AF_INET;
    hints.ai_socktype = SOCK_STREAM;
    if (!endpoint.starts_with(scheme) || ::getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0)
        return endpoint;
    const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, ::freeaddrinfo);
    std::array<char, NI_MAXHOST> address{};
    if (::getnameinfo(found->ai_addr, found->ai_addrlen, address.data(), address.size(), nullptr, 0,
                      NI_NUMERICHOST) != 0)
        return endpoint;
    return std::string(scheme) + address.data() + endpoint.substr(colon);
}

/// IPv6 is on for IPv6 addresses only: else "localhost" would be ::1.
void allow_family(zmq::socket_t& socket, const std::string& endpoint)
{
    socket.set(opt::ipv6, endpoint.find('[') != endpoint.npos);
}

[[noreturn]] void refuse(const std::string& endpoint, const zmq::error_t& error)
{
    throw runtime::config_error(endpoint + ": " + error.what());
}

} // namespace

zmq::socket_t make_socket(zmq::context_t& context, socket_role role, const std::string& identity)
{
    zmq::socket_t socket(context, type_of(role));
    set_for_all(socket);
    switch (role) {
    case socket_role::router:
        socket.set(opt::router_mandatory, true); // a dead peer is an error, not silence
        socket.set(opt::backlog, 4'096);
        socket.set(opt::maxmsgsize, static_cast<std::int64_t>(max_frame)); // bound sockets only
        break;
    case socket_role::xpub:
        socket.set(opt::xpub_nodrop, true);
        [[fallthrough]];
    case socket_role::tap:
        socket.set(opt::xpub_verbose, true); // also a topic that somebody has already
        socket.set(opt::backlog, 4'096);
        socket.set(opt::maxmsgsize, std::int64_t{longest_subscription});
        break;
    case socket_role::sub:
        socket.set(opt::rcvhwm, 0);
        [[fallthrough]];
    case socket_role::dealer:
        socket.set(opt::reconnect_ivl, -1); // a link never reuses an identity
        socket.set(opt::connect_timeout, 2'000);
        socket.set(opt::immediate, true); // nothing queues for a connection that may never be
        if (!identity.empty())
            socket.set(opt::routing_id, identity);
        break;
    case socket_role::zap:
        break; // within the process: no connection, no limit
    }
    return socket;
}

void guard_socket(zmq::socket_t& socket, const std::string& secret, const std::string& door)
{
    socket.set(opt::curve_server, true);
    socket.set(opt::curve_secretkey, secret);
    socket.set(opt::zap_domain, door);
    // Without it, and without a handler, libzmq lets everybody in. The header calls it a draft; the library
    // has it.
    constexpr int zap_enforce_domain = 93, on = 1;
    if (zmq_setsockopt(socket.handle(), zap_enforce_domain, &on, sizeof on) != 0)
        throw runtime::config_error("this libzmq lacks ZMQ_ZAP_ENFORCE_DOMAIN");
}

void identify_socket(zmq::socket_t& socket, const curve_identity& us, const std::string& broker_key)
{
    socket.set(opt::curve_publickey, us.public_key);
    socket.set(opt::curve_secretkey, us.secret);
    socket.set(opt::curve_serverkey, broker_key);
}

void bind_socket(zmq::socket_t& socket, const std::string& endpoint)
{
    try {
        allow_family(socket, endpoint);
        socket.bind(resolved(endpoint));
    } catch (const zmq::error_t& error) {
        refuse(endpoint, error);
    }
}

void connect_socket(zmq::socket_t& socket, const std::string& endpoint)
{
    try {
        allow_family(socket, endpoint);
        socket.connect(endpoint);
    } catch (const zmq::error_t& error) {
        refuse(endpoint, error);
    }
}

int events_of(zmq::socket_t& socket)
{
    int events = 0;
    std::size_t size = sizeof events;
    (void)uninterrupted([&] { return zmq_getsockopt(socket.handle(), ZMQ_EVENTS, &events, &size); });
    return events;
}

bool take(zmq::socket_t& socket, zmq::message_t& part)
{
    return uninterrupted([&] { return zmq_msg_recv(part.handle(), socket.handle(), ZMQ_DONTWAIT); }) >= 0;
}

bool put(zmq::socket_t& socket, zmq::message_t& part, int flags)
{
    return uninterrupted(
               [&] { return zmq_msg_send(part.handle(), socket.handle(), flags | ZMQ_DONTWAIT); }) >= 0;
}

} // namespace citron::cluster
