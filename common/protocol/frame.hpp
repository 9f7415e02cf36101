// PURE. Immutable bytes with a shared owner: built once, queued for any number of sockets.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace citron::protocol {

class frame
{
public:
    frame() = default;
    explicit frame(std::string bytes) : shared_(std::make_shared<shared>(std::move(bytes))) {}

    [[nodiscard]] std::string_view view() const
    {
        return shared_ ? std::string_view(shared_->bytes) : std::string_view();
    }
    [[nodiscard]] std::size_t size() const { return shared_ ? shared_->bytes.size() : 0; }

    /// One more queue holds it, or one less; whoever counts the memory of all queues counts its bytes with
    /// the first and the last, to whom these return true. All queues are of one thread. Precondition: not
    /// empty.
    [[nodiscard]] bool enter_queue() const { return shared_->queues++ == 0; }
    [[nodiscard]] bool leave_queue() const { return --shared_->queues == 0; }

private:
    struct shared
    {
        explicit shared(std::string all) : bytes(std::move(all)) {}

        const std::string bytes;
        std::size_t queues = 0;
    };

    std::shared_ptr<shared> shared_;
};

} // namespace citron::protocol
