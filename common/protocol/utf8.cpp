#include "common/protocol/utf8.hpp"

#include <cstddef>

namespace citron::protocol {

bool take_code_point(std::string_view& text, char32_t& point)
{
    const auto lead = static_cast<unsigned char>(text[0]);
    const std::size_t size = lead < 0x80         ? 1
                             : lead >> 5 == 0x6  ? 2
                             : lead >> 4 == 0xe  ? 3
                             : lead >> 3 == 0x1e ? 4
                                                 : 0;
    if (size == 0 || text.size() < size)
        return false;
    point = size == 1 ? lead : lead & (0x7fU >> size);
    for (std::size_t i = 1; i < size; ++i) {
        const auto next = static_cast<unsigned char>(text[i]);
        if (next >> 6 != 0x2)
            return false;
        point = point << 6 | (next & 0x3fU);
    }
    constexpr char32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    text.remove_prefix(size);
    return point >= smallest[size] && point <= 0x10ffff && !(point >= 0xd800 && point <= 0xdfff);
}

bool is_utf8(std::string_view text)
{
    char32_t point = 0;
    while (!text.empty())
        if (!take_code_point(text, point))
            return false;
    return true;
}

} // namespace citron::protocol
