#include "frontend/connector/entry.hpp"

namespace citron::frontend {

using protocol::errc;
using protocol::json;
using protocol::text_at;

namespace {

constexpr std::size_t longest_key = 64;

bool read_since(const json& body, entry& e)
{
    const auto since = body.find("since");
    if (since == body.end() || since->is_null())
        return true;
    if (!since->is_object() || !since->contains("epoch") || !(*since)["epoch"].is_string())
        return false;
    const auto offset = protocol::number_at(*since, "offset", 0);
    e.resume = true;
    e.epoch = text_at(*since, "epoch");
    e.offset = offset.value_or(0);
    return offset.has_value() && e.epoch.size() <= longest_key;
}

} // namespace

protocol::result<entry> parse_entry(const json& body)
{
    entry e{.user = text_at(body, "username"),
            .rid = text_at(body, "rid"),
            .resume_key = text_at(body, "resumeKey")};
    const bool named = (e.user.empty() || protocol::is_name(e.user)) && protocol::is_name(e.rid);
    if (!named || e.resume_key.size() > longest_key || !read_since(body, e))
        return std::unexpected(errc::bad_request);
    return e;
}

} // namespace citron::frontend
