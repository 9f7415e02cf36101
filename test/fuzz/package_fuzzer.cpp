// Pomelo's packages: whatever a client's WebSocket message holds.
#include "common/protocol/package.hpp"
#include "test/fuzz/fuzz.hpp"

using namespace citron::protocol;
using citron::fuzz::must;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    auto input = citron::fuzz::input(data, size).rest();
    while (!input.empty()) {
        const auto before = input;
        const auto taken = take_package(input);
        if (!taken)
            break;
        const auto bytes = encode_package(taken->type, taken->body);
        must(before.starts_with(bytes), "a package encodes to what it was taken from");
        must(input.data() == before.data() + bytes.size() && input.size() == before.size() - bytes.size(),
             "exactly the package is taken");
        for (const std::size_t cut : {std::size_t{0}, package_header - 1, bytes.size() - 1}) {
            auto part = before.substr(0, cut);
            must(!take_package(part), "a truncated package is none");
        }
    }
    return 0;
}
