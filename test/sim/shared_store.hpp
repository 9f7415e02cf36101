// The database of a host as one of its chat servers sees it: what it asks is done after a pause, and told
// after another. Who is killed between the two has stored something and never heard of it.
#pragma once

#include "backend/history/database.hpp"
#include "backend/history/store.hpp"

#include <functional>
#include <string>
#include <vector>

namespace citron::sim {

class shared_store final : public backend::store
{
public:
    explicit shared_store(backend::database& disk) : disk_(disk) {}

    [[nodiscard]] bool idle() const { return asked_.empty(); }
    /// Does what was asked until now, in order.
    void carry_out(std::uint64_t unix_ms);
    /// Tells what came of it.
    void tell();

    [[nodiscard]] std::string id() const override { return disk_.id(); }
    void submit(std::vector<backend::append> batch,
                std::function<void(std::vector<backend::append_outcome>)> done) override;
    void take_over(std::vector<opening> rooms, std::function<void(std::vector<opened>)> done) override;
    void read_before(std::string rid, std::uint64_t before, backend::page_limit limit,
                     std::function<void(backend::page)> done) override;
    void read_after(std::string rid, std::uint64_t after, backend::page_limit limit,
                    std::function<void(backend::page)> done) override;
    [[nodiscard]] bool local() const override { return false; }
    [[nodiscard]] content extract(std::string_view) override { return {}; }
    void adopt(std::string_view, content) override {}
    [[nodiscard]] std::vector<std::string> rooms() const override { return {}; }

private:
    using telling = std::function<void()>;

    backend::database& disk_;
    std::vector<std::function<telling(std::uint64_t)>> asked_;
    std::vector<telling> done_;
};

} // namespace citron::sim
