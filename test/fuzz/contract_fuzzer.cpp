// Every body that crosses between processes of the cluster. The first byte chooses which.
#include "common/protocol/contract.hpp"
#include "test/fuzz/fuzz.hpp"

#include <array>
#include <string>

using namespace citron::protocol;
using citron::fuzz::must;

namespace {

/// A later version has one more field: this one does not mind.
template <typename T>
void grown(std::string packed)
{
    const auto tag = static_cast<std::uint8_t>(packed[0]);
    if (tag < 0x90 || tag >= 0x9f) // no array, or one whose size takes more bytes
        return;
    const auto known = packed;
    packed[0] = static_cast<char>(tag + 1);
    packed.push_back('\x07');
    const auto read = unpack<T>(packed);
    must(read && pack(*read) == known, "a field more is skipped");
}

template <typename T>
void round_trip(std::string_view bytes)
{
    const auto value = unpack<T>(bytes);
    if (!value)
        return;
    const auto packed = pack(*value);
    const auto again = unpack<T>(packed);
    must(again && pack(*again) == packed, "a body is unpacked as it was packed");
    must(!unpack<T>(bytes.substr(0, bytes.size() - 1)), "a truncated body is none");
    must(!unpack<T>(std::string(bytes) + '\0'), "a body is exactly its bytes");
    grown<T>(packed);
}

void enroll_list(std::string_view bytes)
{
    round_trip<enroll>(bytes);
    const auto list = unpack<enroll>(bytes);
    if (list)
        for (const auto& entry : list->rooms)
            round_trip<enrolled_room>(entry.room.data);
}

void servers(std::string_view bytes)
{
    round_trip<view>(bytes);
    const auto v = unpack<view>(bytes);
    if (!v)
        return;
    for (const auto& id : owners(*v)) {
        const auto* const owner = v->find(id);
        must(owner && name_of(owner->type()) == "chat" && !owner->draining, "chat servers own rooms");
    }
}

constexpr std::array decoders{// What the broker opens; their numbers are in the corpus: append only.
                              round_trip<hello>, enroll_list, round_trip<generation_mark>,
                              // What its peers open.
                              servers, round_trip<welcome>, round_trip<refusal>, round_trip<enrolled_room>,
                              round_trip<broadcast>, round_trip<heads>, round_trip<sync_state>,
                              round_trip<handover>, round_trip<add>, round_trip<added>, round_trip<kick>,
                              round_trip<citron::protocol::sync>, round_trip<client_request>,
                              round_trip<deliver>, round_trip<evict>, round_trip<std::uint64_t>};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    citron::fuzz::input in(data, size);
    const auto which = in.byte();
    decoders[which % decoders.size()](in.rest());
    return 0;
}
