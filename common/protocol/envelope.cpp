#include "common/protocol/envelope.hpp"

#include "common/protocol/codec.hpp"

#include <fmt/format.h>

#include <array>

namespace citron::protocol {
namespace {

constexpr std::size_t fields = 11;
constexpr std::size_t nonce_bytes = 8;

std::vector<std::string> addressees(const msgpack::object& object)
{
    if (object.type == msgpack::type::ARRAY)
        return object.as<std::vector<std::string>>();
    auto one = object.as<std::string>();
    return one.empty() ? std::vector<std::string>{} : std::vector<std::string>{std::move(one)};
}

envelope from_array(const msgpack::object_array& array)
{
    if (array.size < fields || array.ptr[0].as<std::uint8_t>() != envelope_version)
        throw msgpack::type_error();
    const auto* field = array.ptr + 1;
    const auto number = field++->as<std::uint8_t>();
    if (number > last_kind)
        throw msgpack::type_error();
    envelope e;
    e.kind = static_cast<kind>(number);
    e.from = field++->as<std::string>();
    e.to = addressees(*field++);
    e.room = field++->as<std::string>();
    e.id = field++->as<std::uint64_t>();
    e.view.broker = field++->as<std::uint64_t>();
    e.view.number = field++->as<std::uint64_t>();
    e.route = field++->as<std::string>();
    e.code = static_cast<errc>(field++->as<std::uint8_t>());
    if (field->type != msgpack::type::BIN)
        throw msgpack::type_error();
    e.body = {field->via.bin.ptr, field->via.bin.size};
    return e;
}

} // namespace

std::string_view name_of(kind k)
{
    static constexpr std::array<std::string_view, last_kind + 1> names{
        "hello", "welcome", "refused", "beat",  "view",   "drain",     "bye",
        "done",  "settled", "call",    "reply", "notify", "broadcast", "enroll"};
    return names[static_cast<std::size_t>(k)];
}

std::string encode(const envelope& e)
{
    constexpr std::size_t header = 128; // usual size without the body: one allocation
    std::string out;
    out.reserve(header + e.body.size());
    string_buffer buffer(out);
    msgpack::packer packer(buffer);
    packer.pack_array(fields);
    packer.pack(envelope_version);
    packer.pack(static_cast<std::uint8_t>(e.kind));
    packer.pack(e.from);
    if (e.to.size() > 1)
        packer.pack(e.to);
    else
        packer.pack(e.to.empty() ? std::string{} : e.to.front());
    packer.pack(e.room);
    packer.pack(e.id);
    packer.pack(e.view.broker);
    packer.pack(e.view.number);
    packer.pack(e.route);
    packer.pack(static_cast<std::uint8_t>(e.code));
    packer.pack_bin(static_cast<std::uint32_t>(e.body.size()));
    packer.pack_bin_body(e.body.data(), static_cast<std::uint32_t>(e.body.size()));
    return out;
}

result<envelope> decode(std::string_view bytes)
{
    if (bytes.size() > max_envelope)
        return std::unexpected(errc::too_large);
    try {
        std::size_t used = 0;
        const auto by_reference = [](msgpack::type::object_type, std::size_t, void*) { return true; };
        const auto handle = msgpack::unpack(bytes.data(), bytes.size(), used, by_reference, nullptr,
                                            limits_for(bytes.size()));
        if (used != bytes.size() || handle.get().type != msgpack::type::ARRAY)
            return std::unexpected(errc::bad_request);
        return from_array(handle.get().via.array);
    } catch (const std::exception&) {
        return std::unexpected(errc::bad_request);
    }
}

std::string topic_of(std::string_view server, std::uint64_t nonce)
{
    std::string topic(server);
    topic.push_back('\0');
    for (std::size_t i = nonce_bytes; i-- > 0;)
        topic.push_back(static_cast<char>((nonce >> (8 * i)) & 0xff));
    return topic;
}

result<std::string_view> strip_topic(std::string_view frame)
{
    const auto nul = frame.find('\0');
    if (nul == frame.npos || frame.size() < nul + 1 + nonce_bytes)
        return std::unexpected(errc::bad_request);
    return frame.substr(nul + 1 + nonce_bytes);
}

std::string identity_of(std::string_view server, std::uint64_t nonce)
{
    return fmt::format("{}#{:016x}", server, nonce);
}

} // namespace citron::protocol
