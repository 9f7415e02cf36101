#include "backend/history/store.hpp"

#include "common/protocol/json_writer.hpp"

namespace citron::backend {

std::string stamped(std::string_view open, std::uint64_t offset, std::string_view epoch, std::uint64_t time)
{
    protocol::json_writer whole(open);
    whole.add({{"offset", offset}, {"epoch", epoch}, {"time", time}});
    return std::move(whole).close();
}

} // namespace citron::backend
