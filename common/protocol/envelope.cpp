#include "common/protocol/envelope.hpp"

#include "common/protocol/reader.hpp"

#include <fmt/format.h>

#include <array>
#include <bit>

namespace citron::protocol {
namespace {

constexpr std::size_t fields = 11;
constexpr std::size_t nonce_bytes = 8;

/// The shortest msgpack of what an envelope consists of. Precondition: there is room.
class writer
{
public:
    explicit writer(char* at) : at_(at) {}
    [[nodiscard]] const char* at() const { return at_; }

    void array(std::size_t size)
    {
        if (size < 0x10)
            return byte(0x90 | size);
        size <= 0xffff ? sized<std::uint16_t>(0xdc, size) : sized<std::uint32_t>(0xdd, size);
    }
    void number(std::uint64_t value)
    {
        if (value < 0x80)
            return byte(value);
        if (value <= 0xff)
            return sized<std::uint8_t>(0xcc, value);
        if (value <= 0xffff)
            return sized<std::uint16_t>(0xcd, value);
        value <= 0xffffffff ? sized<std::uint32_t>(0xce, value) : sized<std::uint64_t>(0xcf, value);
    }
    void text(std::string_view value)
    {
        if (value.size() < 0x20)
            byte(0xa0 | value.size());
        else
            size(0xd9, value.size());
        copy(value);
    }
    void binary(std::string_view value)
    {
        size(0xc4, value.size());
        copy(value);
    }

private:
    void byte(std::size_t value) { *at_++ = static_cast<char>(value); }
    /// `tag` is that of sizes of one byte; those of two and four follow it.
    void size(std::uint8_t tag, std::size_t value)
    {
        if (value <= 0xff)
            return sized<std::uint8_t>(tag, value);
        value <= 0xffff ? sized<std::uint16_t>(tag + 1U, value) : sized<std::uint32_t>(tag + 2U, value);
    }
    template <typename T>
    void sized(std::size_t tag, std::size_t value)
    {
        byte(tag);
        auto wide = static_cast<T>(value);
        if constexpr (std::endian::native == std::endian::little)
            wide = std::byteswap(wide);
        copy({reinterpret_cast<const char*>(&wide), sizeof wide});
    }
    void copy(std::string_view value) { at_ += value.copy(at_, value.size()); }

    char* at_;
};

/// No envelope like this takes more.
std::size_t most_bytes(const envelope& e)
{
    constexpr std::size_t tags = 64; // numbers, and the sizes of everything but `to`
    constexpr std::size_t size = 5;
    std::size_t sum = tags + e.from.size() + e.room.size() + e.route.size() + e.body.size();
    for (const auto& one : e.to)
        sum += size + one.size();
    return sum;
}

void write(writer& out, const envelope& e)
{
    out.array(fields);
    out.number(envelope_version);
    out.number(static_cast<std::uint8_t>(e.kind));
    out.text(e.from);
    if (e.to.size() > 1)
        out.array(e.to.size());
    else if (e.to.empty())
        out.text({});
    for (const auto& one : e.to)
        out.text(one);
    out.text(e.room);
    out.number(e.id);
    out.number(e.view.broker);
    out.number(e.view.number);
    out.text(e.route);
    out.number(static_cast<std::uint8_t>(e.code));
    out.binary(e.body);
}

void read_addressees(reader& in, envelope& e)
{
    if (in.array_is_next()) {
        for (auto left = in.array(); left > 0 && in.ok(); --left)
            e.to.push_back(in.text());
    } else if (const auto one = in.text(); !one.empty()) {
        e.to.push_back(one);
    }
}

/// Precondition: version and number of elements have been read.
void read(reader& in, envelope& e)
{
    constexpr std::uint64_t most_code = 0xff;
    e.kind = static_cast<kind>(in.number(last_kind));
    e.from = in.text();
    read_addressees(in, e);
    e.room = in.text();
    e.id = in.number();
    e.view.broker = in.number();
    e.view.number = in.number();
    e.route = in.text();
    e.code = static_cast<errc>(in.number(most_code));
    e.body = in.binary();
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
    std::string bytes;
    bytes.resize_and_overwrite(most_bytes(e), [&e](char* begin, std::size_t) {
        writer out(begin);
        write(out, e);
        return static_cast<std::size_t>(out.at() - begin);
    });
    return bytes;
}

result<envelope> decode(std::string_view bytes)
{
    if (bytes.size() > max_envelope)
        return std::unexpected(errc::too_large);
    reader in(bytes);
    const auto elements = in.array();
    if (elements < fields || in.number() != envelope_version)
        return std::unexpected(errc::bad_request);
    result<envelope> e(std::in_place);
    read(in, *e);
    in.skip(elements - fields); // a later version may have appended some
    if (!in.complete())
        e = std::unexpected(errc::bad_request);
    return e;
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
