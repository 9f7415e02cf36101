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
    explicit frame(std::string bytes) : bytes_(std::make_shared<const std::string>(std::move(bytes))) {}

    [[nodiscard]] std::string_view view() const
    {
        return bytes_ ? std::string_view(*bytes_) : std::string_view();
    }
    [[nodiscard]] std::size_t size() const { return bytes_ ? bytes_->size() : 0; }

private:
    std::shared_ptr<const std::string> bytes_;
};

} // namespace citron::protocol
