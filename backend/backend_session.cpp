#include "backend/backend_session.hpp"

#include <fmt/format.h>

namespace citron::backend {

std::string key_of(const session_ref& who)
{
    return fmt::format("{}/{:x}/{}", who.connector, who.boot, who.session);
}

} // namespace citron::backend
