// PURE. What a client sends over its WebSocket: bytes in any pieces, made into whole messages (RFC 6455).
//
// Reading needs no buffer of the connection's own: bytes are looked at where they were received, and only
// what is still unfinished is kept. A connection that is idle holds nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace citron::frontend {

class websocket_reader
{
public:
    enum class kind : std::uint8_t
    {
        nothing, ///< all bytes are taken
        message, ///< text or binary
        ping,
        pong,
        close,  ///< the client closes, with `code`
        mistake ///< it breaks the protocol; `code` is what our close frame says
    };
    struct event
    {
        kind what = kind::nothing;
        std::string_view payload; ///< borrowed until the next call, from the bytes or from the reader
        std::uint16_t code = 0;
    };

    /// A message of more than `max_message` bytes is a mistake (1009), also in several frames.
    explicit websocket_reader(std::size_t max_message) : max_message_(max_message) {}

    /// Takes the next event off the front of `bytes`. What belongs to it is unmasked in place. After close or
    /// mistake nothing more may be asked.
    [[nodiscard]] event next(std::span<char>& bytes);

private:
    struct header;

    [[nodiscard]] event next_frame(std::span<char>& bytes);
    void top_up(std::span<char>& bytes);
    void release();
    [[nodiscard]] std::uint16_t judge(const header& h) const;
    [[nodiscard]] event take(const header& h, std::string_view payload);
    [[nodiscard]] event take_data(const header& h, std::string_view payload);
    [[nodiscard]] event whole_message(std::string_view payload) const;

    std::size_t max_message_;
    std::string frame_;                                ///< the beginning of an unfinished frame, as it came
    std::string message_;                              ///< the finished frames of an unfinished message
    bool frame_given_ = false, message_given_ = false; ///< the last event borrows from them
    bool fragmented_ = false;                          ///< more frames of message_ must follow
    bool text_ = false;                                ///< the present message must be UTF-8
};

} // namespace citron::frontend
