// PURE. msgpack for the structs of contract.hpp: pack a value, unpack a stranger's bytes without throwing.
#pragma once

#include "common/protocol/errc.hpp"
#include "common/protocol/reader.hpp"

#include <msgpack.hpp>

#include <concepts>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

/// The fields of a struct that travels, in the order in which they are on the wire.
#define CITRON_FIELDS(...)                                                                                   \
    [[nodiscard]] auto fields()                                                                              \
    {                                                                                                        \
        return std::tie(__VA_ARGS__);                                                                        \
    }                                                                                                        \
    template <typename Packer>                                                                               \
    void msgpack_pack(Packer& packer) const                                                                  \
    {                                                                                                        \
        msgpack::type::make_define_array(__VA_ARGS__).msgpack_pack(packer);                                  \
    }

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

/// A struct whose fields are named by CITRON_FIELDS.
template <typename T>
concept has_fields = requires(T& value)
{
    value.fields();
};

inline void read(reader& in, bool& value)
{
    value = in.flag();
}
inline void read(reader& in, std::string& value)
{
    value = in.text();
}
inline void read(reader& in, blob& value)
{
    value.data = in.text();
}
template <std::unsigned_integral T>
void read(reader& in, T& value)
{
    value = static_cast<T>(in.number(std::numeric_limits<T>::max()));
}
template <typename T>
void read(reader& in, std::vector<T>& values)
{
    values.clear();
    for (auto left = in.array(); left > 0 && in.ok(); --left)
        read(in, values.emplace_back());
}
template <has_fields T>
void read(reader& in, T& value)
{
    auto left = in.array();
    const auto next = [&](auto& field) {
        if (left == 0)
            return;
        read(in, field);
        --left;
    };
    std::apply([&](auto&... field) { (next(field), ...); }, value.fields());
    in.skip(left);
}

/// bad_request when `bytes` are not exactly one msgpack object of the shape T. Missing trailing
/// elements keep their defaults and extra ones are ignored: that is how versions live together.
template <typename T>
[[nodiscard]] result<T> unpack(std::string_view bytes)
{
    reader in(bytes);
    result<T> value(std::in_place);
    read(in, *value);
    if (!in.complete())
        value = std::unexpected(errc::bad_request);
    return value;
}

} // namespace citron::protocol
