// The database of a host as one of its chat servers sees it: what it asks is done after a pause, and told
// after another. Who is killed between the two has stored something and never heard of it.
#pragma once

#include "backend/history/database.hpp"
#include "backend/history/store.hpp"

#include <functional>
#include <string>
#include <vector>

namespace citron::sim {

enum class condition
{
    sound,
    full, ///< can be read, not written
    gone  ///< neither
};

class shared_store final : public backend::store
{
public:
    explicit shared_store(backend::database& disk) : disk_(disk) {}

    [[nodiscard]] bool idle() const { return asked_.empty(); }
    /// Does what was asked until now, in order; or fails at it, as durable_store does.
    void carry_out(protocol::instant now, condition file = condition::sound);
    /// Tells what came of it.
    void tell();

    [[nodiscard]] std::string id() const override { return disk_.id(); }
    [[nodiscard]] std::uint64_t generation() const override { return disk_.generation(); }
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
    struct occasion
    {
        protocol::instant now;
        condition file;
    };

    void read(std::function<backend::page()> look, std::function<void(backend::page)> done);

    backend::database& disk_;
    std::vector<std::function<telling(const occasion&)>> asked_;
    std::vector<telling> done_;
};

} // namespace citron::sim
