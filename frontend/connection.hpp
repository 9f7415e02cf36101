// One WebSocket connection, and the table of all: what websocket.cpp, connection_arrival.cpp and
// connection_tls.cpp share.
#pragma once

#include "common/protocol/counters.hpp"
#include "common/protocol/ip_address.hpp"
#include "common/runtime/net.hpp"
#include "frontend/admission.hpp"
#include "frontend/session_service.hpp"
#include "frontend/tls_session.hpp"
#include "frontend/websocket.hpp"
#include "frontend/websocket_reader.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <array>
#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace citron::frontend {

struct upgrade_request;

inline constexpr std::size_t gathered = 64; ///< iovecs per writev: what Asio passes on

struct connection_table
{
    connection_table(session_service& service, websocket_options o, protocol::counters& counters,
                     std::function<void()> on_turn)
        : sessions(service), options(o), turn(std::move(on_turn)),
          upgraded(counters.at("websocket.upgraded")), not_upgraded(counters.at("websocket.not_upgraded")),
          messages(counters.at("websocket.messages")), writes(counters.at("websocket.writes")),
          bytes(counters.at("websocket.bytes_written")), blocked(counters.at("websocket.blocked")),
          cut(counters.at("websocket.cut")), blocked_addresses(counters.at("admission.blocked")),
          bad_origins(counters.at("admission.bad_origin")),
          bad_headers(counters.at("admission.bad_proxy_header")), expelled(counters.at("admission.expelled"))
    {
    }

    /// Of a client, not of a proxy. False is counted.
    [[nodiscard]] bool admits(const protocol::ip_address& client);

    session_service& sessions;
    websocket_options options;
    admission door;
    std::function<void()> turn;
    std::unordered_map<session_id, std::shared_ptr<connection>> connections;
    std::deque<std::pair<instant, session_id>> closing; ///< in order: all linger equally long
    std::vector<std::pair<instant, session_id>> paused; ///< nothing is read of them until then
    std::array<char, (64U << 10U)> received;            ///< for all: nobody holds a buffer while it waits
    bool abandoned = false; ///< the references above and below are dead; coroutines must end
    std::uint64_t &upgraded, &not_upgraded, &messages, &writes, &bytes, &blocked, &cut, &blocked_addresses,
        &bad_origins, &bad_headers, &expelled;
};

/// One socket. Lives in the table until its coroutine has ended; so does its session.
class connection : public std::enable_shared_from_this<connection>
{
public:
    /// `peer`: who is connected to us, a client or one of our proxies.
    connection(std::shared_ptr<connection_table> table, net::ip::tcp::socket socket, session& s,
               const protocol::ip_address& peer);

    /// Coroutines own their connection from the call on: they begin only in a later turn.
    static net::awaitable<void> run(std::shared_ptr<connection> self);

    void flush();
    void cut();
    /// A paused one reads on. False: it is too early. A socket that was closed meanwhile waits for nothing.
    [[nodiscard]] bool resume(instant until);
    /// Who may connect has changed: its client is kicked if it may not any more.
    void check_admission();

private:
    [[nodiscard]] bool gone() const { return !session_ || table_->abandoned; }
    enum class progress
    {
        done,
        blocked,
        failed
    };

    // connection_arrival.cpp
    net::awaitable<bool> come_in();
    [[nodiscard]] std::string locate();
    [[nodiscard]] std::string judge(const upgrade_request& asked);

    net::awaitable<bool> shake_hands();
    struct waiter;
    void on_readable(boost::system::error_code failed);
    void read_on(bool more);
    [[nodiscard]] bool read();
    [[nodiscard]] bool digest(std::span<char> bytes);
    void forget();
    void queue(std::string bytes);
    void queue(const protocol::frame& control) { queue(std::string(control.view())); }

    [[nodiscard]] progress write();
    [[nodiscard]] progress written(boost::system::error_code failed, std::size_t size);
    static net::awaitable<void> write_when_possible(std::shared_ptr<connection> self);
    void last_bytes();

    // With TLS between us and the socket (connection_tls.cpp); a plain connection has none of it.
    [[nodiscard]] std::size_t receive(std::span<char> into, std::string& early,
                                      boost::system::error_code& failed);
    [[nodiscard]] bool digest_sealed(std::span<const char> bytes);
    template <typename Use>
    [[nodiscard]] bool unseal(std::span<const char> bytes, Use&& use);
    [[nodiscard]] progress write_sealed();

    std::shared_ptr<connection_table> table_;
    session* session_; ///< nullptr after forget()
    session_id id_;
    net::ip::tcp::socket socket_;
    std::unique_ptr<tls_session> tls_; ///< nullptr: plain
    websocket_reader reader_;
    protocol::ip_address from_; ///< the client's, or the nearest known proxy's
    bool located_;              ///< from_ is the client's
    bool upgraded_ = false;
    bool heard_out_ = false; ///< what still comes is skipped
    bool blocked_ = false;   ///< a coroutine waits for the socket to take more
    bool ending_ = false;    ///< seen closing: the linger time runs
    milliseconds pause_{0};  ///< before more is read
};

} // namespace citron::frontend
