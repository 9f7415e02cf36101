// Reading pages of history.
#include "backend/history/connection.hpp"
#include "backend/history/database.hpp"
#include "backend/history/database_rows.hpp"

#include <algorithm>
#include <limits>
#include <string_view>
#include <utility>

namespace citron::backend {
namespace {

using protocol::message;
using kind = connection::transaction::kind;

constexpr std::uint64_t no_offset = std::numeric_limits<std::int64_t>::max(); // beyond every real one

message message_of(const query& q, std::string_view epoch)
{
    const auto offset = q.number(0), time = q.number(1);
    return {.offset = offset, .time = time, .push = {stamped(q.text(2), offset, epoch, time)}};
}

/// Takes rows as long as the page has room for them; what it did not take is `more`. `first`: the offset of
/// the first row, 0: there was none.
page fill(query& rows, std::string_view epoch, page_limit limit, std::uint64_t* first = nullptr)
{
    page p;
    std::size_t size = 0;
    while (rows.next()) {
        auto m = message_of(rows, epoch);
        if (first != nullptr && *first == 0)
            *first = m.offset;
        size += m.push.data.size();
        p.more = p.messages.size() == limit.count || (!p.messages.empty() && size > limit.bytes);
        if (p.more)
            break;
        p.messages.push_back(std::move(m));
    }
    return p;
}

} // namespace

page database::read_before(const std::string& rid, std::uint64_t before, page_limit limit)
{
    return as_history(options_.path, [&] {
        const connection::transaction one_state(*file_, kind::read);
        rooms_of_batch one;
        const auto& room = row_of(rid, one);
        query rows(file_->sql.newest, room.id, before == 0 ? no_offset : std::min(before, no_offset));
        auto p = fill(rows, room.epoch, limit);
        std::ranges::reverse(p.messages);
        return p;
    });
}

page database::read_after(const std::string& rid, std::uint64_t after, page_limit limit)
{
    return as_history(options_.path, [&] {
        const connection::transaction one_state(*file_, kind::read);
        rooms_of_batch one;
        const auto& room = row_of(rid, one);
        std::uint64_t first = 0;
        query rows(file_->sql.oldest, room.id, std::min(after, no_offset));
        auto p = fill(rows, room.epoch, limit, &first);
        p.trimmed = after < room.offset && first != after + 1;
        return p;
    });
}

} // namespace citron::backend
