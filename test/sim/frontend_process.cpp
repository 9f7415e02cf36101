#include "test/sim/frontend_process.hpp"

#include "test/sim/broker_process.hpp"
#include "test/sim/guarded.hpp"

#include <array>
#include <span>

namespace citron::sim {

namespace {
constexpr std::size_t longest_message = 1U << 20U; ///< as conf's limit and a little
}

void frontend_process::halt()
{
    peer_process::halt();
    ids_.clear();
    readers_.clear();
    next_read_.clear();
    drain_.reset();
    door_closed_ = false;
    for (const auto& [id, s] : std::exchange(sockets_, {}))
        s->server_died();
    for (auto* s : std::exchange(dialled_, {}))
        s->server_died();
}

void frontend_process::accept(socket& s)
{
    dialled_.erase(&s);
    auto* session = door_closed_ ? nullptr : sessions().open(now());
    if (!session)
        return s.shut();
    if (scene_.guarded && !sessions().locate(*session, address_of(s.home()), now())) { // as with HTTP 429
        sessions().on_gone(session->id, now());
        return s.shut();
    }
    sockets_.emplace(session->id, &s);
    ids_.emplace(&s, session->id);
    readers_.try_emplace(session->id, longest_message);
}

/// As the shell: who has sent more than it may is read no faster. A kernel's buffers are not bounded here.
void frontend_process::read(socket& s, std::string bytes)
{
    const auto id = ids_.find(&s);
    if (id == ids_.end())
        return;
    const auto who = id->second;
    auto* session = sessions().find(who);
    const auto pause = session ? sessions().on_bytes(*session, bytes.size(), now()) : milliseconds(0);
    const auto from = std::exchange(next_read_[who], std::max(next_read_[who], now()) + pause);
    if (from <= now())
        return take(who, std::move(bytes));
    later(std::chrono::duration_cast<duration>(from - now()),
          [this, who, bytes = std::move(bytes)]() mutable {
              if (next_read_.contains(who))
                  take(who, std::move(bytes));
          });
}

void frontend_process::take(protocol::session_id who, std::string bytes)
{
    using kind = frontend::websocket_reader::kind;
    auto& reader = readers_.at(who);
    std::span<char> rest(bytes);
    for (;;) {
        const auto e = reader.next(rest);
        if (e.what == kind::nothing)
            return;
        if (e.what == kind::message)
            sessions().on_message(who, e.payload, now());
        else if (e.what == kind::ping)
            control(who, frontend::pong_frame(e.payload));
        else if (e.what == kind::mistake)
            return sessions().on_mistake(who, e.code, now());
        else if (e.what == kind::close)
            return control(who, frontend::close_frame(
                                    e.code == frontend::close_no_status ? frontend::close_normal : e.code));
    }
}

void frontend_process::control(protocol::session_id who, const protocol::frame& f)
{
    sessions().on_control(who, std::string(f.view()), now());
}

void frontend_process::closed(socket& s)
{
    if (const auto id = ids_.find(&s); id != ids_.end())
        forget(id->second);
}

void frontend_process::forget(protocol::session_id id)
{
    const auto found = sockets_.find(id);
    ids_.erase(found->second);
    sockets_.erase(found);
    readers_.erase(id);
    next_read_.erase(id);
    sessions().on_gone(id, now());
}

void frontend_process::flush(protocol::session_id id)
{
    auto* session = sessions().find(id);
    const auto found = sockets_.find(id);
    if (!session || found == sockets_.end())
        return;
    std::array<std::string_view, 16> parts;
    while (!session->out.empty()) {
        std::string bytes;
        for (std::size_t n = session->out.gather(parts), i = 0; i < n; ++i)
            bytes += parts[i];
        session->out.consume(bytes.size());
        found->second->write(std::move(bytes));
    }
    if (session->state == frontend::phase::closing) {
        found->second->shut();
        forget(id);
    }
}

// ---- the end, as frontend/frontend.cpp

void frontend_process::leave(duration span)
{
    if (!running() || drain_)
        return;
    scene_.log.line(id(), "drains");
    note_change();
    left_life_ = life();
    const frontend::drain_options options{.span = std::chrono::duration_cast<milliseconds>(span)};
    later(duration(0), [this, options] {
        if (drain_)
            return;
        drain_.emplace(options, now());
        line().drain(now());
    });
}

void frontend_process::go_on_leaving()
{
    if (!drain_)
        return;
    const auto step = drain_->next(frontend::look_around(line(), sessions(), sockets_.size()), now());
    door_closed_ = door_closed_ || step.close_door;
    for (const auto who : step.tell)
        if (auto* session = sessions().find(who))
            sessions().send_away(*session, now());
    if (step.over)
        later(duration(0), [this] { finish(); });
}

/// What the socket does not take at once stays unsaid.
void frontend_process::finish()
{
    say_bye();
    carry_out();
    if (running())
        kill();
}

void frontend_process::carry_out()
{
    while (sessions().flush_dirty([this](frontend::session& s) { flush(s.id); })) {
    }
    peer_process::carry_out();
}

} // namespace citron::sim
