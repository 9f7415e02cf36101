// Envelopes, and topics before them: what a peer of the broker sends.
#include "common/protocol/envelope.hpp"
#include "test/fuzz/fuzz.hpp"

#include <string>

using namespace citron::protocol;
using citron::fuzz::must;

namespace {

/// On the wire a list of one empty text says what no addressee says.
bool same_addressees(const addressees& a, const addressees& b)
{
    return a == b || (a == addressees{""} && b.empty());
}

bool same(const envelope& a, const envelope& b)
{
    return a.kind == b.kind && a.from == b.from && same_addressees(a.to, b.to) && a.room == b.room &&
           a.id == b.id && a.view == b.view && a.route == b.route && a.code == b.code && a.body == b.body;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const auto bytes = citron::fuzz::input(data, size).rest();
    if (const auto behind = strip_topic(bytes))
        must(bytes.ends_with(*behind) && behind->size() + 1 + sizeof(std::uint64_t) <= bytes.size(),
             "an envelope is what comes behind its topic");
    const auto e = decode(bytes);
    if (!e)
        return 0;
    must(!name_of(e->kind).empty() && !reason(e->code).empty(), "kind and code have names");
    const auto encoded = encode(*e);
    const auto again = decode(encoded);
    must(again && same(*e, *again), "an envelope is decoded as it was encoded");
    must(encode(*again) == encoded, "there is one encoding");
    must(!decode(encoded.substr(0, encoded.size() - 1)) && !decode(encoded + '\0'),
         "an envelope is exactly its bytes");
    return 0;
}
