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

/// One entry for one room, provided that the store's term of the room is `term`.
struct append
{
    enum class kind : std::uint8_t
    {
        message, ///< stored behind the last one
        name,    ///< of one that is not kept: from now on its cid is known, at offset 0
        question ///< is this cid known? Nothing is added
    };
    kind what = kind::message;
    std::string rid;
    std::uint64_t term = 0;
    std::uint64_t time = 0;   ///< ms since 1970
    std::string chat;         ///< the onChat body, open: see stamped()
    std::string sender;       ///< the sender's session as text, with `number` the name of this send
    std::uint64_t number = 0; ///< 0: not numbered
    bool again = false;       ///< a former owner may have stored this very send
    std::string cid;          ///< the client and its own name for this message; empty: it gave none
};

struct append_outcome
{
    protocol::errc code =
        protocol::errc::ok; ///< moved: another owner has raised the term; unavailable: not stored
    std::uint64_t offset = 0, time = 0;
    bool repeat = false; ///< known before, under this offset and time; nothing was added

    /// A message was added.
    [[nodiscard]] bool stored() const { return code == protocol::errc::ok && !repeat && offset != 0; }
};

/// The whole onChat body: what the room's place in time and order adds to an open one (a JSON object without
/// its last brace, as json_writer::open makes it).
[[nodiscard]] std::string stamped(std::string_view open, std::uint64_t offset, std::string_view epoch,
                                  std::uint64_t time);

/// A page of history in offset order.
struct page
{
    std::vector<protocol::message> messages;
    bool more = false;    ///< older (read_before) or newer (read_after) messages exist beyond this page
    bool trimmed = false; ///< read_after: the message right after the named offset is gone
    bool failed = false;  ///< the store cannot be read now; nothing else is set
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
    /// The newest generation by which rooms had been opened when this store was made; those that follow must
    /// be higher. 0: none, or none that matters.
    [[nodiscard]] virtual std::uint64_t generation() const = 0;
    /// Opens rooms for writing: raises each room's term above its own, `term_above` and `floor`.
    struct opening
    {
        std::string rid;
        std::uint64_t term_above = 0; ///< somebody has seen the room in this term
        std::uint64_t floor = 0;      ///< somebody whom nobody can ask may have seen it in this one
        std::string fresh_epoch;
        std::uint64_t generation = 0; ///< of the view by which it is opened; 0: unknown, and never too old
    };
    struct opened
    {
        protocol::head at;        ///< rev 0. Term 0: not opened, somebody has opened rooms by a newer view
        std::uint64_t time = 0;   ///< of the last message, as far as known
        std::uint64_t newest = 0; ///< not opened: the generation of that view
    };
    /// `done` gets one per room, or nothing at all when the store cannot do it now. A room that is unknown to
    /// the store begins `fresh_epoch` at offset 0. So does one whose term is below `term_above` - messages
    /// that somebody saw are not here -, but its offsets may go on.
    virtual void take_over(std::vector<opening> rooms, std::function<void(std::vector<opened>)> done) = 0;
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
        std::vector<protocol::message> messages; ///< those at offset 0 are names alone, see append::kind
    };
    [[nodiscard]] virtual content extract(std::string_view rid) = 0;
    virtual void adopt(std::string_view rid, content c) = 0;
    /// local() only: every room it holds anything of.
    [[nodiscard]] virtual std::vector<std::string> rooms() const = 0;
};

} // namespace citron::backend
