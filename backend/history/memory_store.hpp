// PURE. History in a bounded ring per room, in this process: durability "memory".
#pragma once

#include "backend/history/store.hpp"
#include "common/protocol/counters.hpp"

#include <boost/container/deque.hpp>

#include <cstddef>
#include <functional>
#include <list>
#include <map>
#include <unordered_map>
#include <vector>

namespace citron::backend {

struct memory_options
{
    std::size_t room_messages = 1000;
    std::size_t room_bytes = 4U << 20U;
    std::size_t total_bytes =
        256U << 20U; ///< over it, the room longest not written to loses its messages, not its head
};

class memory_store final : public store
{
public:
    memory_store(memory_options options, protocol::counters& counters);

    /// Carries out what was asked before this call, in order. The driver calls it once per turn of the loop:
    /// one turn's appends are one batch, as in a store that commits in another thread.
    void complete();
    [[nodiscard]] bool idle() const { return asked_.empty(); }

    [[nodiscard]] std::string id() const override { return "memory"; }
    [[nodiscard]] std::uint64_t generation() const override { return 0; }
    void submit(std::vector<append> batch, std::function<void(std::vector<append_outcome>)> done) override;
    void take_over(std::vector<opening> rooms, std::function<void(std::vector<opened>)> done) override;
    void read_before(std::string rid, std::uint64_t before, page_limit limit,
                     std::function<void(page)> done) override;
    void read_after(std::string rid, std::uint64_t after, page_limit limit,
                    std::function<void(page)> done) override;
    [[nodiscard]] bool local() const override { return true; }
    [[nodiscard]] content extract(std::string_view rid) override;
    void adopt(std::string_view rid, content c) override;
    [[nodiscard]] std::vector<std::string> rooms() const override;

private:
    struct known
    {
        std::uint64_t offset = 0, time = 0;
    };
    struct ring
    {
        protocol::head at;
        boost::container::deque<protocol::message> messages; ///< unlike std::deque, nothing while it is empty
        boost::container::deque<std::string> names;          ///< of those that are not kept, oldest first
        std::map<std::string, known> cids;                   ///< empty costs nothing
        std::size_t bytes = 0;
        std::list<std::string>::iterator age; ///< place in written_; its end: nothing is kept
    };

    ring& open_ring(const std::string& rid);
    append_outcome put(append& a);
    opened raise(const opening& o);
    void push(const std::string& rid, ring& r, protocol::message m);
    void push_name(const std::string& rid, ring& r, std::string cid, std::uint64_t time);
    void grown(const std::string& rid, ring& r, std::size_t bytes);
    void shrunk(ring& r, std::size_t bytes);
    void empty(ring& r);
    void drop_front(ring& r);
    void drop_name(ring& r);
    void bound_total();
    [[nodiscard]] page before(const ring& r, std::uint64_t offset, page_limit limit) const;
    [[nodiscard]] page after(const ring& r, std::uint64_t offset, page_limit limit) const;

    memory_options options_;
    std::unordered_map<std::string, ring> rings_;
    std::list<std::string> written_; ///< rooms with messages, longest not written to first
    std::size_t total_ = 0;
    std::vector<std::function<void()>> asked_, carried_out_; ///< the latter: only while complete() runs
    std::uint64_t &stored_, &repeats_, &trimmed_, &refused_;
};

} // namespace citron::backend
