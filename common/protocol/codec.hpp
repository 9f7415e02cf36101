// PURE. msgpack for the structs of contract.hpp: pack a value, unpack a stranger's bytes without throwing.
#pragma once

#include "common/protocol/errc.hpp"

#include <msgpack.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace citron::protocol {

/// Owned opaque bytes; travels as msgpack bin (a std::string would travel as UTF-8 text).
struct blob
{
    std::string data;

    bool operator==(const blob&) const = default;

    template <typename Packer>
    void msgpack_pack(Packer& packer) const
    {
        packer.pack_bin(static_cast<std::uint32_t>(data.size()));
        packer.pack_bin_body(data.data(), static_cast<std::uint32_t>(data.size()));
    }

    void msgpack_unpack(const msgpack::object& object)
    {
        if (object.type == msgpack::type::BIN)
            data.assign(object.via.bin.ptr, object.via.bin.size);
        else if (object.type == msgpack::type::STR)
            data.assign(object.via.str.ptr, object.via.str.size);
        else
            throw msgpack::type_error();
    }
};

/// Appends to a std::string: the buffer that msgpack::packer writes into.
class string_buffer
{
public:
    explicit string_buffer(std::string& out) : out_(out) {}
    void write(const char* data, std::size_t size) { out_.append(data, size); }

private:
    std::string& out_;
};

template <typename T>
[[nodiscard]] std::string pack(const T& value)
{
    constexpr std::size_t usual = 512; // what most bodies fit into: one allocation
    std::string out;
    out.reserve(usual);
    string_buffer buffer(out);
    msgpack::pack(buffer, value);
    return out;
}

/// Limits for decoding `size` bytes: no declared length may exceed what could possibly follow, so a
/// forged array header cannot make us allocate; nesting is bounded.
[[nodiscard]] inline msgpack::unpack_limit limits_for(std::size_t size)
{
    constexpr std::size_t depth = 16;
    return {size, size, size, size, size, depth};
}

/// bad_request when `bytes` are not exactly one msgpack object of the shape T. Missing trailing
/// elements keep their defaults and extra ones are ignored: that is how versions live together.
template <typename T>
[[nodiscard]] result<T> unpack(std::string_view bytes)
{
    try {
        std::size_t used = 0;
        const auto by_reference = [](msgpack::type::object_type, std::size_t, void*) { return true; };
        const auto handle = msgpack::unpack(bytes.data(), bytes.size(), used, by_reference, nullptr,
                                            limits_for(bytes.size()));
        if (used != bytes.size())
            return std::unexpected(errc::bad_request);
        T value{};
        handle.get().convert(value);
        return value;
    } catch (const std::exception&) {
        return std::unexpected(errc::bad_request);
    }
}

} // namespace citron::protocol
