#include "test/bench/load/worker.hpp"

#include "test/bench/load/websocket.hpp"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <stdexcept>

namespace citron::bench {
namespace {

constexpr std::size_t read_at_once = 256U << 10U;
constexpr std::size_t most_unwritten = 64U << 10U; ///< of one member; beyond it he says nothing more
constexpr std::size_t joins_at_once = 128;
constexpr std::uint64_t glance_ns = 5'000'000; ///< at the board, when nothing else happens
constexpr int due_at_once = 512;
constexpr std::uint64_t too_late_ns = 250'000'000; ///< we are overloaded ourselves: the message is not sent

} // namespace

std::uint64_t now_ns()
{
    timespec t{};
    clock_gettime(CLOCK_MONOTONIC, &t);
    return static_cast<std::uint64_t>(t.tv_sec) * 1'000'000'000U + static_cast<std::uint64_t>(t.tv_nsec);
}

worker::worker(const plan& p, std::uint32_t index, board& shared)
    : plan_(p), index_(index), board_(shared), count_(shared.workers[index].count), referee_(count_),
      dialect_(make_dialect(p.dialect)), buffer_(2 * read_at_once), epoll_(epoll_create1(EPOLL_CLOEXEC))
{
    const auto run = std::to_string(getppid() % 100'000);
    std::vector<std::string> names;
    for (auto i = index; i < p.connections(); i += p.workers) {
        auto& c = clients_.emplace_back();
        c.room_index = i / p.members;
        c.seat = i % p.members;
        c.since = p.since;
        c.name = "user" + run + "-" + std::to_string(i);
        c.room = "bench" + run + "-" + std::to_string(c.room_index);
        names.push_back(c.name);
    }
    const auto entries = entries_for(p.dialect, p.at, names);
    for (std::size_t i = 0; i < clients_.size(); ++i)
        clients_[i].where = entries[i];
}

worker::~worker()
{
    close(epoll_);
}

void worker::run()
{
    while (!board_.leave) {
        obey();
        connect_more();
        const auto now = now_ns();
        say_due(now);
        beat_due(now);
        wait(sleep_until(now));
    }
}

void worker::obey()
{
    const auto command = board_.command.load(std::memory_order_acquire);
    if (command == obeyed_)
        return;
    obeyed_ = command;
    report_digests();
    count_.reset();
    referee_.begin_step(board_.step);
    next_message_ = 0;
    stall();
    board_.workers[index_].obeyed.store(command, std::memory_order_release);
}

void worker::stall()
{
    for (auto& c : clients_) {
        const bool stalled = c.seat + board_.stalled >= plan_.members;
        if (c.at == stage::in && std::exchange(c.stalled, stalled) != stalled)
            watch(c);
    }
}

/// Who does not read, or has not been there from the start, has heard something else.
void worker::report_digests()
{
    auto* rooms = board_.digests + std::size_t{index_} * plan_.rooms;
    std::vector<bool> seen(plan_.rooms);
    for (const auto& c : clients_) {
        auto& room = rooms[c.room_index];
        if (c.at != stage::in || c.stalled)
            continue;
        room.agree = !seen[c.room_index] || (room.agree && room.digest == c.digest);
        room.digest = c.digest;
        seen[c.room_index] = true;
    }
}

// ---- joining

void worker::connect_more()
{
    while (next_to_connect_ < clients_.size() && connecting_ < joins_at_once &&
           next_to_connect_ * plan_.workers + index_ < board_.present)
        connect(clients_[next_to_connect_++]);
}

void worker::connect(client& c)
{
    c.at = stage::connecting;
    ++connecting_;
    if (!c.bytes.connect(c.where.address, c.where.tls))
        return lose(c);
    epoll_event wanted{.events = EPOLLOUT, .data = {.ptr = &c}};
    epoll_ctl(epoll_, EPOLL_CTL_ADD, c.bytes.fd(), &wanted);
}

// ---- sending

/// What a client says in one turn leaves in one write: the later we are, the less a message costs us.
void worker::say_due(std::uint64_t now)
{
    if (board_.rate <= 0 || board_.talking == 0)
        return;
    for (int n = 0; n < due_at_once && is_due(next_message_, now); ++n, ++next_message_)
        say_message(next_message_, now);
    for (auto* c : speakers_)
        flush(*c);
    speakers_.clear();
}

std::uint64_t worker::due_time(std::uint64_t message) const
{
    return board_.start_ns + static_cast<std::uint64_t>(1e9 / board_.rate * static_cast<double>(message));
}

bool worker::is_due(std::uint64_t message, std::uint64_t now) const
{
    const auto due = due_time(message);
    return due <= now && due < board_.end_ns;
}

/// Message k of a step belongs to room k % talking, and there to the senders in turn.
void worker::say_message(std::uint64_t message, std::uint64_t now)
{
    const auto room = static_cast<std::uint32_t>(message % board_.talking);
    const auto seat =
        static_cast<std::uint32_t>(message / board_.talking % std::min(plan_.senders, plan_.members));
    const auto global = room * plan_.members + seat;
    const auto due = due_time(message);
    if (mine(global))
        now - due > too_late_ns ? count_.unsent.add() : say(of(global), due);
}

void worker::say(client& c, std::uint64_t due)
{
    if (c.out.size() > most_unwritten)
        flush(c);
    if (c.at != stage::in || c.out.size() > most_unwritten)
        return count_.unsent.add();
    if (c.out.empty())
        speakers_.push_back(&c);
    const auto content = referee_.next_content(c, due, plan_.payload);
    referee_.on_sent(c, dialect_->send(c, content), due, dialect_->answers());
}

void worker::beat_due(std::uint64_t now)
{
    for (; !beats_.empty() && beats_.front().first <= now; beats_.pop_front()) {
        auto& c = *beats_.front().second;
        if (c.at != stage::in)
            continue;
        dialect_->beat(c);
        flush(c);
        beats_.emplace_back(now + static_cast<std::uint64_t>(dialect_->beat_seconds() * 1e9), &c);
    }
}

std::uint64_t worker::sleep_until(std::uint64_t now) const
{
    if (board_.rate <= 0)
        return glance_ns;
    const auto due = due_time(next_message_);
    if (due >= board_.end_ns)
        return glance_ns;
    return due <= now ? 0 : std::min(due - now, glance_ns);
}

// ---- the loop

void worker::wait(std::uint64_t ns)
{
    std::array<epoll_event, 256> events{};
    const timespec limit{.tv_sec = 0, .tv_nsec = static_cast<long>(ns)};
    const int ready = epoll_pwait2(epoll_, events.data(), static_cast<int>(events.size()), &limit, nullptr);
    for (int i = 0; i < ready; ++i)
        on_event(*static_cast<client*>(events[static_cast<std::size_t>(i)].data.ptr),
                 events[static_cast<std::size_t>(i)].events);
}

void worker::on_event(client& c, std::uint32_t events)
{
    if (c.at == stage::connecting) {
        if ((events & EPOLLERR) != 0)
            return lose(c);
        c.at = stage::upgrading;
        c.out += upgrade_request(c.where.host, dialect_->path());
        return flush(c);
    }
    if ((events & EPOLLOUT) != 0)
        flush(c);
    if (c.bytes.open() && !c.stalled && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0)
        read(c);
}

void worker::read(client& c)
{
    const auto have = c.in.copy(buffer_.data(), c.in.size());
    if (buffer_.size() - have < read_at_once)
        buffer_.resize(have + read_at_once);
    const auto size = c.bytes.read(std::span(buffer_).subspan(have));
    if (size < 0 && (errno == EAGAIN || errno == EINTR))
        return c.bytes.write_wants_to_read() ? flush(c) : void();
    if (size <= 0)
        return lose(c);
    referee_.at(now_ns());
    hear(c, {buffer_.data(), have + static_cast<std::size_t>(size)});
    if (c.bytes.open() && !c.out.empty() && !c.waits_to_write)
        flush(c);
}

void worker::hear(client& c, std::string_view bytes)
{
    const bool was_in = c.at == stage::in;
    if (c.at == stage::upgrading && !hear_upgrade(c, bytes))
        return;
    while (const auto frame = next_frame(bytes)) {
        bytes.remove_prefix(frame->size);
        if (frame->kind == opcode::close)
            return lose(c);
        if (frame->kind == opcode::ping)
            append_frame(c.out, opcode::pong, frame->payload);
        else if (frame->kind != opcode::pong)
            dialect_->hear(c, frame->payload, referee_);
    }
    c.in.assign(bytes);
    if (c.at == stage::gone)
        return lose(c);
    if (!was_in && c.at == stage::in) {
        --connecting_;
        if (dialect_->beat_seconds() > 0)
            beats_.emplace_back(now_ns() + static_cast<std::uint64_t>(dialect_->beat_seconds() * 1e9), &c);
    }
}

bool worker::hear_upgrade(client& c, std::string_view& bytes)
{
    const auto size = upgrade_answer_size(bytes);
    if (size == 0) {
        c.in.assign(bytes);
        return false;
    }
    if (!bytes.starts_with("HTTP/1.1 101")) {
        lose(c);
        return false;
    }
    bytes.remove_prefix(size);
    c.at = stage::joining;
    dialect_->open(c);
    return true;
}

void worker::flush(client& c)
{
    if (!c.bytes.open())
        return;
    const auto size = c.bytes.write(c.out);
    if (size < 0 && errno != EAGAIN && errno != EINTR)
        return lose(c);
    if (size > 0)
        c.out.erase(0, static_cast<std::size_t>(size));
    const bool blocked = !c.out.empty() && !c.bytes.write_wants_to_read();
    if (blocked != c.waits_to_write || c.at == stage::upgrading) {
        c.waits_to_write = blocked;
        watch(c);
    }
}

void worker::watch(client& c)
{
    // A closed connection cannot be masked out: who does not read hears of that once, not in every turn.
    const auto reading = static_cast<std::uint32_t>(c.stalled ? EPOLLET : EPOLLIN);
    const std::uint32_t writing = c.waits_to_write ? static_cast<std::uint32_t>(EPOLLOUT) : 0U;
    epoll_event wanted{.events = reading | writing, .data = {.ptr = &c}};
    epoll_ctl(epoll_, EPOLL_CTL_MOD, c.bytes.fd(), &wanted);
}

void worker::lose(client& c)
{
    if (!c.bytes.open())
        return;
    c.bytes.close();
    if (c.at != stage::in)
        --connecting_;
    c.at = stage::gone;
    count_.closed.add();
}

} // namespace citron::bench
