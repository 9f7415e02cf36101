// A WebSocket client made of a plain socket: it can send what no library would. It runs on the server's own
// loop: while it waits, the server works.
#pragma once

#include "common/runtime/net.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace citron::test {

struct ws_frame
{
    int opcode = -1; ///< -1: none came
    std::string payload;
};

/// Lets `loop` work until `done`, at most ten seconds. False: it never was.
inline bool run_until(net::io_context& loop, const std::function<bool()>& done)
{
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!done() && std::chrono::steady_clock::now() < until) {
        loop.restart();
        loop.run_one_for(std::chrono::milliseconds(5));
    }
    return done();
}

/// What lies between a client and its socket; nothing, usually.
class transport
{
public:
    virtual ~transport() = default;
    /// What is to be sent for `plain`.
    virtual std::string seal(std::string_view plain) = 0;
    /// What is in `bytes`, which came from the server.
    virtual std::string unseal(std::string_view bytes) = 0;
};

class raw_client
{
public:
    raw_client(net::io_context& loop, std::uint16_t port, std::unique_ptr<transport> layer = nullptr)
        : loop_(loop), socket_(loop), layer_(std::move(layer))
    {
        socket_.connect({net::ip::address_v4::loopback(), port});
        socket_.non_blocking(true);
    }

    void write(std::string_view bytes)
    {
        if (layer_)
            return write_raw(layer_->seal(bytes));
        write_raw(bytes);
    }
    /// Past the layer.
    void write_raw(std::string_view bytes)
    {
        while (!bytes.empty()) {
            boost::system::error_code failed;
            const auto size = socket_.write_some(net::buffer(bytes), failed);
            bytes.remove_prefix(size);
            if (failed == net::error::would_block)
                loop_.poll();
            else if (failed)
                return;
        }
    }

    /// Sends the upgrade request; true when the server agreed.
    bool upgrade(std::string_view target = "/")
    {
        write("GET " + std::string(target) +
              " HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: "
              "13\r\n"
              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: whatever\r\n\r\n");
        return read_head().starts_with("HTTP/1.1 101 ");
    }

    /// An HTTP answer up to the empty line.
    std::string read_head()
    {
        wait([this] { return in_.find("\r\n\r\n") != std::string::npos; });
        const auto end = in_.find("\r\n\r\n");
        if (end == std::string::npos)
            return {};
        const auto head = in_.substr(0, end + 4);
        in_.erase(0, end + 4);
        return head;
    }

    std::string read_exactly(std::size_t size)
    {
        wait([&] { return in_.size() >= size; });
        const auto taken = in_.substr(0, size);
        in_.erase(0, taken.size());
        return taken;
    }

    static std::string frame(int opcode, std::string_view payload, bool last = true, bool masked = true)
    {
        std::string out(1, static_cast<char>((last ? 0x80 : 0) | opcode));
        const int mask_bit = masked ? 0x80 : 0;
        const auto size = payload.size(); // the shortest form: any other is a breach of the protocol
        const std::size_t bytes = size < 126 ? 0 : size < 65536 ? 2 : 8;
        const auto code = bytes == 0 ? size : bytes == 2 ? 126U : 127U;
        out.push_back(static_cast<char>(mask_bit | static_cast<int>(code)));
        for (std::size_t i = bytes; i > 0; --i)
            out.push_back(static_cast<char>((size >> (8 * (i - 1))) & 0xff));
        constexpr std::string_view mask = "\x11\x22\x33\x44";
        if (masked)
            out.append(mask);
        for (std::size_t i = 0; i < payload.size(); ++i)
            out.push_back(masked ? static_cast<char>(payload[i] ^ mask[i % 4]) : payload[i]);
        return out;
    }
    void send(std::string_view payload) { write(frame(2, payload)); }

    /// The next frame of the server; opcode -1 when it closed the connection (or said nothing for ten
    /// seconds).
    ws_frame read()
    {
        std::size_t header = 0, size = 0;
        wait([&] { return parse(header, size) && in_.size() >= header + size; });
        if (!parse(header, size) || in_.size() < header + size)
            return {};
        ws_frame f{in_[0] & 0x0f, in_.substr(header, size)};
        in_.erase(0, header + size);
        return f;
    }

    /// True when the server has closed, and nothing was left to read.
    bool closed()
    {
        wait([] { return false; });
        return eof_ && in_.empty();
    }

    net::ip::tcp::socket& socket() { return socket_; }

    /// Reads on until `done`, or the server has closed.
    void wait(const std::function<bool()>& done)
    {
        run_until(loop_, [&] {
            take();
            return done() || eof_;
        });
    }

private:
    void take()
    {
        char bytes[65536];
        for (boost::system::error_code failed; !eof_;) {
            const auto size = socket_.read_some(net::buffer(bytes), failed);
            const std::string_view got(bytes, size);
            layer_ ? in_.append(layer_->unseal(got)) : in_.append(got);
            if (failed == net::error::would_block)
                return;
            eof_ = static_cast<bool>(failed);
        }
    }
    bool parse(std::size_t& header, std::size_t& size) const
    {
        if (in_.size() < 2)
            return false;
        size = static_cast<unsigned char>(in_[1]); // a masked frame would show as a length of 128 and more
        const std::size_t extra = size == 126 ? 2 : size == 127 ? 8 : 0;
        header = 2 + extra;
        if (in_.size() < header)
            return false;
        for (std::size_t i = 0; i < extra; ++i)
            size = (i ? size << 8 : 0) | static_cast<unsigned char>(in_[2 + i]);
        return true;
    }

    net::io_context& loop_;
    net::ip::tcp::socket socket_;
    std::unique_ptr<transport> layer_;
    std::string in_;
    bool eof_ = false;
};

} // namespace citron::test
