// PURE. A client's bounded queue of shared frames: what the socket has not taken yet.
#pragma once

#include "common/protocol/frame.hpp"

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace citron::frontend {

/// What all outboxes of a process hold, in bytes. A frame that waits in several counts once, and until its
/// last byte is written; its place in each of them counts as well.
class outbox_memory
{
public:
    /// Besides its bytes: a frame's place in an outbox, which grows by doubling, and the frame itself, as the
    /// allocator rounds it up.
    static constexpr std::size_t per_place = 32, per_frame = 96;

    void enter(const protocol::frame& f) { bytes_ += per_place + (f.enter_queue() ? held_by(f) : 0); }
    void leave(const protocol::frame& f) { bytes_ -= per_place + (f.leave_queue() ? held_by(f) : 0); }
    [[nodiscard]] std::size_t bytes() const { return bytes_; }

private:
    static std::size_t held_by(const protocol::frame& f) { return per_frame + f.size(); }

    std::size_t bytes_ = 0;
};

/// Frames are whole WebSocket frames, written in order; the bytes are shared with other sessions.
class outbox
{
public:
    /// What a frame that waits costs besides its bytes: a limit of bytes alone would let in millions of
    /// pongs.
    static constexpr std::size_t per_frame = outbox_memory::per_place + outbox_memory::per_frame;

    /// `limit` in bytes counts what is queued and not yet consumed, as weight() does. `memory` outlives this.
    outbox(std::size_t limit, outbox_memory& memory) : limit_(limit), memory_(memory) {}
    ~outbox() { clear(); }
    outbox(const outbox&) = delete;
    outbox& operator=(const outbox&) = delete;

    /// False when the frame would go over the limit; nothing is queued then (the caller ends the slow
    /// consumer).
    [[nodiscard]] bool append(const protocol::frame& f);
    /// Regardless of the limit: the last words (kick, close) and answers of the WebSocket layer itself.
    void append_last(const protocol::frame& f);

    [[nodiscard]] bool empty() const { return first_ == frames_.size(); }
    [[nodiscard]] std::size_t bytes() const { return bytes_; }
    /// Bytes with what their frames cost.
    [[nodiscard]] std::size_t weight() const { return bytes_ + (frames_.size() - first_) * per_frame; }
    /// Fills `parts` with the next unwritten bytes, front first; returns how many were filled.
    [[nodiscard]] std::size_t gather(std::span<std::string_view> parts) const;
    /// The socket took `size` bytes. Precondition: size <= bytes().
    void consume(std::size_t size);
    /// Forgets what the socket has taken nothing of: whole frames. What it has begun to take must be
    /// finished.
    void drop_waiting();
    void clear();

private:
    void forget_written();
    void leave_memory(std::size_t from);

    std::vector<protocol::frame> frames_; ///< those before first_ are written and empty
    std::size_t first_ = 0;
    std::size_t limit_;
    outbox_memory& memory_;
    std::size_t bytes_ = 0;
    std::size_t front_written_ = 0; ///< bytes of the front frame that the socket has taken
};

} // namespace citron::frontend
