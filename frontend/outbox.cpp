#include "frontend/outbox.hpp"

#include <algorithm>
#include <cassert>

namespace citron::frontend {
namespace {

constexpr std::size_t kept_when_idle = 16; // frames; a burst's memory is given back

} // namespace

bool outbox::append(const protocol::frame& f)
{
    const std::size_t more = f.size() + per_frame;
    if (more > limit_ || weight() > limit_ - more)
        return false;
    append_last(f);
    return true;
}

void outbox::append_last(const protocol::frame& f)
{
    if (f.size() == 0)
        return;
    frames_.push_back(f);
    bytes_ += f.size();
    memory_.enter(f);
}

std::size_t outbox::gather(std::span<std::string_view> parts) const
{
    const std::size_t count = std::min(parts.size(), frames_.size() - first_);
    for (std::size_t i = 0; i < count; ++i)
        parts[i] = frames_[first_ + i].view();
    if (count > 0)
        parts[0].remove_prefix(front_written_);
    return count;
}

void outbox::consume(std::size_t size)
{
    assert(size <= bytes_);
    if (size == bytes_)
        return clear(); // what nearly every write ends with
    bytes_ -= size;
    front_written_ += size;
    while (first_ < frames_.size() && front_written_ >= frames_[first_].size()) {
        front_written_ -= frames_[first_].size();
        memory_.leave(frames_[first_]);
        frames_[first_++] = {};
    }
    forget_written();
}

// Moves the rest to the front only when at least half is written: amortised O(1) per frame.
void outbox::forget_written()
{
    if (first_ < frames_.size() - first_)
        return;
    frames_.erase(frames_.begin(), frames_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
}

void outbox::drop_waiting()
{
    if (front_written_ == 0)
        return clear();
    leave_memory(first_ + 1);
    std::vector begun{std::move(frames_[first_])}; // gives back what the others took
    frames_ = std::move(begun);
    first_ = 0;
    bytes_ = frames_[0].size() - front_written_;
}

void outbox::leave_memory(std::size_t from)
{
    for (; from < frames_.size(); ++from)
        memory_.leave(frames_[from]);
}

void outbox::clear()
{
    leave_memory(first_);
    frames_.clear();
    if (frames_.capacity() > kept_when_idle)
        frames_ = {};
    first_ = bytes_ = front_written_ = 0;
}

} // namespace citron::frontend
