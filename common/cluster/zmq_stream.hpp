// A ZeroMQ socket in an Asio loop; the sole owner of what must be known about libzmq and its descriptor.
//
// ZMQ_FD is edge-triggered, and any call on the socket may swallow the edge of a message that waits. So
// nothing here sleeps before ZMQ_EVENTS has said, after the last send, that nothing can be read.
#pragma once

#include "common/cluster/send_result.hpp"
#include "common/protocol/envelope.hpp"
#include "common/protocol/types.hpp"
#include "common/runtime/net.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace citron::cluster {

/// The process' ZeroMQ context with its one I/O thread. Must outlive its streams; the destructor waits for
/// their linger times.
class zmq_context
{
public:
    zmq_context();
    ~zmq_context();
    zmq_context(const zmq_context&) = delete;
    zmq_context& operator=(const zmq_context&) = delete;

    struct native;
    [[nodiscard]] native& get() { return *native_; }

private:
    std::unique_ptr<native> native_;
};

/// What a socket is for; each role has its options set before it binds or connects (make_socket in the .cpp).
enum class socket_role
{
    router, ///< broker: requests. Frames come with the sender's identity and go to one
    dealer, ///< everybody -> broker
    xpub,   ///< broker: broadcasts. Receives subscriptions; a full subscriber is reported, not skipped
    sub,    ///< connector: its broadcasts
    tap,    ///< broker: as xpub, but a slow monitor just misses frames
    zap,    ///< broker: libzmq's own questions who may connect (ZeroMQ RFC 27)
};

/// Where libzmq looks for who answers them: bound before any socket that is guarded.
inline constexpr const char* zap_endpoint = "inproc://zeromq.zap.01";

// CURVE keys (ZeroMQ RFC 26): 32 bytes, as text 40 characters of Z85 (RFC 32).
inline constexpr std::size_t key_bytes = 32, key_characters = 40;

/// Who a socket is to the other side, in Z85.
struct curve_identity
{
    std::string public_key, secret;
};

/// False: this libzmq was built without it.
[[nodiscard]] bool has_curve();
/// The bytes of a key in Z85; nullopt: this is none.
[[nodiscard]] std::optional<std::string> decoded_key(const std::string& z85);
/// Precondition: decoded_key(secret).
[[nodiscard]] curve_identity identity_with(const std::string& secret);

/// What a bound socket accepts: an envelope with its topic.
inline constexpr std::size_t max_frame = protocol::max_envelope + std::size_t{64} * 1024;

/// What an xpub receives.
struct subscription
{
    bool subscribed = false;
    std::string_view topic;
};
[[nodiscard]] std::optional<subscription> parse_subscription(std::string_view frame);

/// Called on the loop. A handler may send on, close, or destroy the stream that calls it.
struct stream_handlers
{
    /// One frame; `identity` is empty unless this is a router. Both are borrowed for the call.
    std::function<void(std::string_view identity, std::string_view frame)> on_frame;
    /// After each burst of frames and each wake: now send what waits; what was `full` may go now.
    std::function<void()> on_turn = [] {};
    /// dealer, sub: a connection has ended or could not be made. A hint; it may also stay away. `why`, where
    /// that is known: "key": the other side does not let ours in; "handshake": it ended within it, as one
    /// side wants CURVE and the other does not, or the other has not the key that we expect.
    std::function<void(std::string_view why)> on_disconnect = {};
    /// zap: frame by frame, and so is the answer.
    std::function<std::vector<std::string>(std::span<const std::string_view> frames)> on_question = {};
    /// A message of a wrong number of frames: a stranger's. It is dropped.
    std::function<void(std::string_view identity)> on_malformed = [](auto) {};
    /// xpub, tap: whether this subscription is carried out; unset: all are. With a foreign one a subscriber
    /// that does not read would hold up those whose topics it shares. on_frame gets every one all the same.
    std::function<bool(std::string_view topic)> admits = {};
    /// Guarded sockets: a connection has ended before it showed any key of its own.
    std::function<void()> on_stranger = {};
};

class zmq_stream
{
public:
    /// `identity`: of a dealer; fresh for every socket.
    zmq_stream(net::io_context& loop, zmq_context& context, socket_role role, stream_handlers handlers,
               const std::string& identity = {});
    ~zmq_stream(); ///< close()
    zmq_stream(const zmq_stream&) = delete;
    zmq_stream& operator=(const zmq_stream&) = delete;

    /// Before bind: by CURVE alone, with this key, and only for whom the zap socket lets through this door, a
    /// name that each question carries. Nobody gets in while there is no zap socket.
    void guard(const std::string& secret, const std::string& door);
    /// Before connect: by CURVE, to whoever has `broker_key`.
    void identify(const curve_identity& us, const std::string& broker_key);
    /// "tcp://127.0.0.1:5550"; port * is any free one. Throws runtime::config_error: "tcp://...: Address
    /// already in use".
    void bind(const std::string& endpoint);
    /// Returns before there is a connection. Throws runtime::config_error when this is no endpoint.
    void connect(const std::string& endpoint);
    void subscribe(std::string_view topic);     ///< sub only
    [[nodiscard]] std::string endpoint() const; ///< as bound, with the real port
    void start();                               ///< frames come from now on

    [[nodiscard]] send_result send(std::string_view frame);                            ///< dealer
    [[nodiscard]] send_result send(std::string_view identity, std::string_view frame); ///< router
    [[nodiscard]] send_result publish(std::string_view topic,
                                      std::string_view bytes); ///< xpub, tap: one frame

    /// Within on_frame, of a guarded socket: as whom the zap socket let in the frame's sender; else empty.
    [[nodiscard]] std::string_view sender() const;

    /// Reads as much as comes before an on_turn, which is the caller's to make: false when nothing waits any
    /// more.
    [[nodiscard]] bool read_burst();
    /// Reads all that waits now, not just a burst, before a judgement about silence. No on_turn.
    void drain();
    /// No handler is called any more; frames already sent may still go out for `linger`.
    void close(protocol::milliseconds linger = protocol::milliseconds(0));

private:
    struct impl;
    std::shared_ptr<impl> impl_; ///< shared with its own coroutine, which ends after close()
};

} // namespace citron::cluster
