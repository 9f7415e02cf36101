#include "frontend/websocket.hpp"

#include "common/runtime/log.hpp"
#include "common/runtime/spawn.hpp"
#include "frontend/arrival.hpp"
#include "frontend/connection.hpp"
#include "frontend/tls_identity.hpp"
#include "frontend/upgrade.hpp"
#include "frontend/websocket_frame.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <array>
#include <chrono>
#include <memory_resource>
#include <span>

namespace citron::frontend {

namespace {

using boost::system::error_code;
using tcp = net::ip::tcp;

instant clock_now()
{
    return std::chrono::steady_clock::now();
}

} // namespace

connection::connection(std::shared_ptr<connection_table> table, tcp::socket socket, session& s,
                       const protocol::ip_address& peer)
    : table_(std::move(table)), session_(&s), id_(s.id), socket_(std::move(socket)),
      tls_(table_->options.tls ? table_->options.tls->accept() : nullptr),
      reader_(table_->options.max_message), from_(peer), located_(!table_->door.trusts(peer))
{
    s.carrier = this;
}

// ---- reading

net::awaitable<void> connection::run(std::shared_ptr<connection> self)
{
    bool more = false;
    try {
        more = co_await self->shake_hands();
    } catch (const std::exception& error) {
        runtime::log::error("websocket failed: {}", runtime::log::printable(error.what()));
    }
    self->read_on(more);
}

/// False: there is nothing to be read.
net::awaitable<bool> connection::shake_hands()
{
    if (!located_ && table_->door.expects_header(from_) && !co_await come_in())
        co_return false;
    std::string early; // decrypted, and not asked for yet
    outbox_stream layer(
        socket_,
        [this, &early](std::span<char> into, error_code& failed) { return receive(into, early, failed); },
        [this](std::string bytes) { queue(std::move(bytes)); });
    upgrade_judge judging = [this](const upgrade_request& asked) { return judge(asked); };
    auto done = co_await upgrade(std::move(layer), std::move(judging));
    if (gone())
        co_return false;
    done.behind += early;
    ++(done.upgraded ? table_->upgraded : table_->not_upgraded);
    upgraded_ = done.upgraded;
    co_return upgraded_&& digest(done.behind);
}

/// Most connections wait here most of the time, with nothing but this: a suspended coroutine costs a kilobyte
/// more. Asio's own allocator would hand out a used block, however large, and the client would keep it.
struct connection::waiter
{
    using allocator_type = std::pmr::polymorphic_allocator<char>;
    [[nodiscard]] allocator_type get_allocator() const { return {std::pmr::new_delete_resource()}; }
    void operator()(error_code failed) const { alive->on_readable(failed); }

    std::shared_ptr<connection> alive;
};

void connection::on_readable(error_code failed)
{
    bool more = false;
    if (!failed && !gone())
        runtime::guard("websocket", [&] { more = read(); });
    read_on(more);
}

// A socket that is closed while bytes of the peer wait unread resets the connection, and our last words are
// lost. So when all is said, the peer's bytes are skipped until it closes too, or the linger time is over.
void connection::read_on(bool more)
{
    if (!more && !std::exchange(heard_out_, true)) {
        runtime::guard("websocket.flush", [this] { flush(); });
        more = !gone() && session_->state == phase::closing;
    }
    if (!more)
        return forget();
    if (const auto pause = std::exchange(pause_, milliseconds(0)); pause.count() > 0 && !heard_out_)
        return void(table_->paused.emplace_back(clock_now() + pause, id_));
    socket_.async_wait(tcp::socket::wait_read, waiter{shared_from_this()});
}

/// False: nothing more is to be read.
bool connection::read()
{
    error_code failed;
    const auto size = socket_.read_some(net::buffer(table_->received), failed);
    if (failed)
        return failed == net::error::would_block; // woken for nothing
    if (heard_out_)
        return true;
    pause_ = table_->sessions.on_bytes(*session_, size, clock_now());
    const auto bytes = std::span(table_->received).first(size);
    return tls_ ? digest_sealed(bytes) : digest(bytes);
}

bool connection::resume(instant until)
{
    if (socket_.is_open() && clock_now() < until)
        return false;
    read_on(true);
    return true;
}

/// False: the client has closed, or cannot be understood. The session has been told.
bool connection::digest(std::span<char> bytes)
{
    using kind = websocket_reader::kind;
    session_->heard = clock_now();
    for (;;) {
        const auto e = reader_.next(bytes);
        switch (e.what) {
        case kind::nothing:
            return true;
        case kind::message:
            ++table_->messages;
            table_->sessions.on_message(id_, e.payload, clock_now());
            table_->turn();
            break;
        case kind::ping:
            queue(pong_frame(e.payload));
            break;
        case kind::pong:
            break;
        case kind::close:
            queue(close_frame(e.code == close_no_status ? close_normal : e.code));
            return false;
        case kind::mistake:
            table_->sessions.on_mistake(id_, e.code, clock_now());
            table_->turn();
            return false;
        }
    }
}

void connection::forget()
{
    cut();
    if (gone())
        return;
    std::exchange(session_, nullptr)->carrier = nullptr;
    const auto alive = shared_from_this();
    table_->connections.erase(id_);
    runtime::guard("websocket.gone", [this] { table_->sessions.on_gone(id_, clock_now()); });
    table_->turn(); // rooms may have to be told
}

// ---- writing

/// What the WebSocket itself has to say.
void connection::queue(std::string bytes)
{
    if (gone())
        return;
    table_->sessions.on_control(id_, std::move(bytes), clock_now());
    table_->turn();
}

void connection::flush()
{
    if (gone() || !socket_.is_open())
        return;
    if (session_->state == phase::closing && !std::exchange(ending_, true))
        table_->closing.emplace_back(clock_now() + table_->options.linger, id_);
    if (ending_ && !upgraded_) // kick and close frames mean nothing to whoever has not upgraded
        return cut();
    if (blocked_)
        return;
    const auto result = write();
    if (result == progress::blocked) {
        ++table_->blocked;
        blocked_ = true;
        runtime::spawn(socket_.get_executor(), "websocket.write", write_when_possible(shared_from_this()));
    }
    if (result == progress::done)
        last_bytes();
}

connection::progress connection::write()
{
    if (tls_)
        return write_sealed();
    std::array<std::string_view, gathered> parts;
    std::array<net::const_buffer, gathered> buffers;
    while (const auto count = session_->out.gather(parts)) {
        for (std::size_t i = 0; i < count; ++i)
            buffers[i] = net::buffer(parts[i]);
        error_code failed;
        const auto size = socket_.write_some(std::span(buffers.data(), count), failed);
        if (const auto result = written(failed, size); result != progress::done)
            return result;
        session_->out.consume(size);
    }
    return progress::done;
}

/// Of a try to write: `done` means that the socket took `size` bytes.
connection::progress connection::written(error_code failed, std::size_t size)
{
    ++table_->writes;
    if (failed == net::error::would_block)
        return progress::blocked;
    if (failed) {
        session_->out.clear();
        cut(); // the reader notices
        return progress::failed;
    }
    table_->bytes += size;
    return progress::done;
}

net::awaitable<void> connection::write_when_possible(std::shared_ptr<connection> self)
{
    progress result = progress::blocked;
    while (result == progress::blocked) {
        error_code failed;
        co_await self->socket_.async_wait(tcp::socket::wait_write,
                                          net::redirect_error(net::use_awaitable, failed));
        result = failed || self->gone() ? progress::failed : self->write();
    }
    self->blocked_ = false;
    if (result == progress::done)
        self->last_bytes();
}

// Nothing follows the close frame: say so to the peer's TCP as well, so that it need not wait.
void connection::last_bytes()
{
    error_code ignored;
    if (ending_)
        socket_.shutdown(tcp::socket::shutdown_send, ignored);
}

void connection::cut()
{
    error_code ignored;
    socket_.close(ignored);
}

// ---- all of them

websockets::websockets(session_service& sessions, websocket_options options, protocol::counters& counters,
                       std::function<void()> turn)
    : table_(std::make_shared<connection_table>(sessions, options, counters, std::move(turn)))
{
}

websockets::~websockets()
{
    cut_all();
    table_->abandoned = true;
    table_->connections.clear();
}

void websockets::admit(admission door)
{
    table_->door = std::move(door);
    for (auto& [id, c] : table_->connections)
        c->check_admission();
    table_->turn();
}

bool websockets::admits(const tcp::socket& socket)
{
    const auto from = peer_of(socket);
    return from && (table_->door.trusts(*from) || table_->admits(*from));
}

void websockets::take(tcp::socket socket)
{
    const auto from = peer_of(socket);
    if (!from || !admits(socket))
        return;
    auto& sessions = table_->sessions;
    error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    socket.non_blocking(true, ignored);
    session* s = sessions.open(clock_now());
    const bool located = s && (table_->door.trusts(*from) || sessions.locate(*s, *from, clock_now()));
    if (!located) {
        if (!table_->options.tls)
            socket.write_some(net::buffer(turned_away(s ? 429 : 503, sessions.retry_at_the_door())), ignored);
        if (s)
            sessions.on_gone(s->id, clock_now());
        return;
    }
    try {
        carry(std::move(socket), *s, *from);
    } catch (...) { // no memory for it: nobody else would end the session
        table_->connections.erase(s->id);
        sessions.on_gone(s->id, clock_now());
        throw;
    }
}

void websockets::carry(tcp::socket socket, session& s, const protocol::ip_address& from)
{
    const auto executor = socket.get_executor();
    auto made = std::make_shared<connection>(table_, std::move(socket), s, from);
    table_->connections.emplace(s.id, made);
    runtime::spawn(executor, "websocket", connection::run(made));
}

void websockets::flush_dirty()
{
    table_->sessions.flush_dirty([](session& s) {
        if (s.carrier)
            runtime::guard("websocket.flush", [&s] { s.carrier->flush(); });
    });
}

void websockets::on_tick(instant now)
{
    auto& closing = table_->closing;
    for (; !closing.empty() && closing.front().first <= now; closing.pop_front()) {
        const auto found = table_->connections.find(closing.front().second);
        if (found == table_->connections.end())
            continue;
        ++table_->cut;
        found->second->cut();
    }
    for (const auto& [until, id] : std::exchange(table_->paused, {})) {
        const auto found = table_->connections.find(id);
        if (found != table_->connections.end() && !std::shared_ptr(found->second)->resume(until))
            table_->paused.emplace_back(until, id);
    }
}

void websockets::cut_all()
{
    for (auto& [id, c] : table_->connections)
        c->cut();
}

std::size_t websockets::size() const
{
    return table_->connections.size();
}

} // namespace citron::frontend
