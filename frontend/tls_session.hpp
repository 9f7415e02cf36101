// The server's side of one TLS connection, without its socket: ciphertext in, plaintext out, and the other
// way round. OpenSSL does the work; it reads what it was handed, and what it writes stands in a queue.
//
// A connection that waits holds OpenSSL's state and no buffer.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

struct bio_method_st; // OpenSSL's types, whose headers stay in the .cpp files
struct bio_st;
struct ssl_ctx_st;
struct ssl_st;

namespace citron::frontend {

enum class tls_state
{
    shaking_hands,
    open,
    closed, ///< the client has said that nothing more will come
    failed  ///< nothing more can be read or written; the last words are in outgoing()
};

/// The most plaintext of one record (RFC 8446 section 5.1).
inline constexpr std::size_t tls_record = 16U << 10U;

/// What a client reads that speaks plain HTTP where TLS is spoken.
inline constexpr std::string_view plain_http_answer =
    "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: 28\r\n\r\n"
    "this port: https or wss only";

/// OpenSSL's words for what went wrong last.
[[nodiscard]] std::string last_tls_error();

class tls_session
{
public:
    static constexpr std::size_t most_sealed = 4 * tls_record; ///< bytes that one seal() takes
    /// So much may wait that is no data: a peer that makes us answer, and does not read, ends there.
    static constexpr std::size_t most_control = 256U << 10U;

    /// `context` has certificate, key and rules; the session keeps a reference of its own.
    explicit tls_session(ssl_ctx_st* context);
    ~tls_session();
    tls_session(const tls_session&) = delete;
    tls_session& operator=(const tls_session&) = delete;

    /// Takes all that the peer has sent, and calls use(std::span<char>) for each piece of plaintext in it, of
    /// one record at most. There may be something to be written afterwards, also when it has failed.
    template <typename Use>
    tls_state receive(std::span<const char> ciphertext, Use&& use)
    {
        std::array<char, tls_record> plain; // not cleared: 16 KiB for each read
        incoming_ = ciphertext;
        while (const auto size = read(plain))
            use(std::span(plain).first(size));
        incoming_ = {};
        return state_;
    }

    /// Encrypts the first `most_sealed` bytes of `parts`, or all if there are less, gathered into as few
    /// records as they fit into; they are in outgoing() then. Returns how many bytes it took; 0: it failed,
    /// or hands are not shaken yet.
    [[nodiscard]] std::size_t seal(std::span<const std::string_view> parts);
    /// Tells the peer that nothing more will come; seal() takes nothing afterwards. True: there is something
    /// to be written for that. False the second time, and where hands were never shaken.
    [[nodiscard]] bool close();

    /// What the socket is to be given; what it took is taken out by consume().
    [[nodiscard]] std::string_view outgoing() const { return std::string_view(outgoing_).substr(written_); }
    void consume(std::size_t size);

    [[nodiscard]] tls_state state() const { return state_; }
    /// Nothing more can be read.
    [[nodiscard]] bool over() const { return state_ == tls_state::closed || state_ == tls_state::failed; }
    /// Why it has failed; "" if it has not.
    [[nodiscard]] const std::string& failure() const { return failure_; }
    /// It failed because the client has sent an HTTP request in plain text.
    [[nodiscard]] bool was_plain_http() const { return was_plain_http_; }
    /// "TLSv1.3" and the like, once hands are shaken.
    [[nodiscard]] std::string_view version() const;

private:
    struct free_ssl
    {
        void operator()(ssl_st* ssl) const;
    };

    [[nodiscard]] std::size_t read(std::span<char> into);
    void judge(int result);
    void fail(std::string why);

    static bio_method_st* transport();
    static int on_read(bio_st* bio, char* into, int size);
    static int on_write(bio_st* bio, const char* from, int size);

    std::unique_ptr<ssl_st, free_ssl> ssl_;
    std::span<const char> incoming_; ///< during receive() only
    std::string outgoing_;           ///< holds no memory while it is empty
    std::size_t written_ = 0;        ///< of outgoing_
    std::string failure_;
    tls_state state_ = tls_state::shaking_hands;
    bool was_plain_http_ = false, closing_ = false;
};

} // namespace citron::frontend
