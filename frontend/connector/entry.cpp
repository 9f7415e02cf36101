#include "frontend/connector/entry.hpp"

namespace citron::frontend {

using protocol::errc;
using protocol::json;
using protocol::text_at;

namespace {

constexpr std::size_t longest_key = 64;

/// text_at reads anything else as "": as if the key were missing.
bool is_text(const json& body, std::string_view key)
{
    const auto found = body.find(key);
    return found == body.end() || found->is_null() || found->is_string() || found->is_number();
}

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
            .key = resume_key::parse(text_at(body, "resumeKey")),
            .token = text_at(body, "token")};
    const bool shaped = is_text(body, "username") && is_text(body, "resumeKey") && is_text(body, "token");
    const bool named = (e.user.empty() || protocol::is_name(e.user)) && protocol::is_name(e.rid);
    if (!shaped || !named || e.key.secret.size() > longest_key || !read_since(body, e))
        return std::unexpected(errc::bad_request);
    return e;
}

std::string entry_answer(const protocol::added& a, const entry& wanted, const resume_key& key)
{
    protocol::ordered_json body{{"users", a.users},
                                {"rid", wanted.rid},
                                {"epoch", a.at.epoch},
                                {"offset", a.at.offset},
                                {"resumeKey", key.text()}};
    if (!wanted.resume)
        return body.dump();
    body["recovered"] = a.recovered;
    auto text = body.dump();
    text.pop_back();
    return text.append(",\"messages\":").append(protocol::json_array(a.messages)).append("}");
}

} // namespace citron::frontend
