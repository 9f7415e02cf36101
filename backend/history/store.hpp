// PURE. Where rooms' messages and heads are kept: an asynchronous, batched interface.
//
// A store may live in another thread or process; what it was told completes later, in the order it was told,
// by a callback on the loop of the chat server - never from within the call itself.
#pragma once

#include "common/protocol/contract.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace citron::backend {

/// One message for one room, to be stored at `at.offset`, provided that the store's term of the room is
/// `at.term`.
struct append
{
    std::string rid;
    protocol::head at; ///< the head once this is stored
    protocol::message message;
};

struct append_outcome
{
    protocol::errc code =
        protocol::errc::ok; ///< moved: another owner has raised the term; unavailable: not stored
};

/// A page of history in offset order.
struct page
{
    std::vector<protocol::message> messages;
    bool more = false;    ///< older (read_before) or newer (read_after) messages exist beyond this page
    bool trimmed = false; ///< read_after: the message right after the named offset is gone
};

struct page_limit
{
    std::size_t count = 50;
    std::size_t bytes = 1U << 20U; ///< at least one message is returned
};

class store
{
public:
    virtual ~store() = default;
    [[nodiscard]] virtual std::string id() const = 0; ///< a room moves only among chat servers of one store

    /// `done` gets one outcome per append, in order. One batch is one commit.
    virtual void submit(std::vector<append> batch, std::function<void(std::vector<append_outcome>)> done) = 0;
    /// Opens rooms for writing: raises each room's term above its own, `term_above` and `floor`. `done` gets
    /// the heads, with rev 0; a room that is unknown to the store, or known with a term below `term_above`,
    /// begins `fresh_epoch` at offset 0.
    struct opening
    {
        std::string rid;
        std::uint64_t term_above = 0; ///< somebody has seen the room in this term
        std::uint64_t floor = 0;      ///< somebody whom nobody can ask may have seen it in this one
        std::string fresh_epoch;
    };
    virtual void take_over(std::vector<opening> rooms,
                           std::function<void(std::vector<protocol::head>)> done) = 0;
    /// The newest messages before offset `before` (0: the newest of all).
    virtual void read_before(std::string rid, std::uint64_t before, page_limit limit,
                             std::function<void(page)> done) = 0;
    /// The oldest messages after offset `after`.
    virtual void read_after(std::string rid, std::uint64_t after, page_limit limit,
                            std::function<void(page)> done) = 0;

    /// True when the messages live in this process and must travel with a room that is handed over.
    [[nodiscard]] virtual bool local() const = 0;
    /// local() only: everything it holds of a room, which it then forgets / merges in (the higher term wins).
    struct content
    {
        protocol::head at;
        std::vector<protocol::message> messages;
    };
    [[nodiscard]] virtual content extract(std::string_view rid) = 0;
    virtual void adopt(std::string_view rid, content c) = 0;
    /// local() only: every room it holds anything of.
    [[nodiscard]] virtual std::vector<std::string> rooms() const = 0;
};

} // namespace citron::backend
