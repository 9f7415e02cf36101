#include "frontend/web_root.hpp"

#include "frontend/digest.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace citron::frontend {
namespace {

constexpr std::string_view where_file = "citron.json";

constexpr std::array<std::pair<std::string_view, std::string_view>, 10> types{{
    {".html", "text/html; charset=utf-8"},
    {".htm", "text/html; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".mjs", "text/javascript; charset=utf-8"},
    {".json", "application/json; charset=utf-8"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".ico", "image/x-icon"},
    {".txt", "text/plain; charset=utf-8"},
}};

int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    const char lower = static_cast<char>(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// A slash or NUL that somebody took the trouble to encode is no honest file name.
std::optional<std::string> decoded(std::string_view text)
{
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        char c = text[i];
        if (c == '%') {
            const int high = i + 2 < text.size() ? digit(text[i + 1]) : -1,
                      low = high >= 0 ? digit(text[i + 2]) : -1;
            if (low < 0)
                return std::nullopt;
            c = static_cast<char>(high * 16 + low);
            i += 2;
            if (c == '/')
                return std::nullopt;
        }
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '\\')
            return std::nullopt;
        out.push_back(c);
    }
    return out;
}

bool safe_segments(std::string_view path)
{
    while (!path.empty()) {
        const auto segment = path.substr(0, path.find('/'));
        if (segment.empty() || segment.front() == '.')
            return false;
        path.remove_prefix(std::min(path.size(), segment.size() + 1));
    }
    return true;
}

web_answer failure(unsigned status, std::string body)
{
    return {.status = status, .body = std::move(body), .allow = status == 405};
}

} // namespace

std::optional<std::string> file_of(std::string_view target)
{
    target = target.substr(0, target.find_first_of("?#"));
    if (target.empty() || target.front() != '/')
        return std::nullopt;
    auto path = decoded(target.substr(1));
    if (!path || !safe_segments(*path))
        return std::nullopt;
    if (path->empty() || path->back() == '/')
        path->append("index.html");
    return path;
}

std::string_view content_type(std::string_view file)
{
    const auto* known = std::ranges::find_if(types, [&](const auto& t) { return file.ends_with(t.first); });
    return known == types.end() ? "application/octet-stream" : known->second;
}

// style-src has no 'unsafe-inline': the page sets its one property (a name's colour) by script, which is
// allowed.
std::string_view content_security_policy(bool https)
{
    static constexpr std::string_view over_http =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; worker-src 'self'; "
        "connect-src 'self' ws: wss:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    static constexpr std::string_view over_https =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; worker-src 'self'; "
        "connect-src 'self' wss:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    return https ? over_https : over_http;
}

web_answer web_root::answer(const web_request& r) const
{
    if (r.method != "GET" && r.method != "HEAD")
        return failure(405, "method not allowed\n");
    const auto file = file_of(r.target);
    if (!file)
        return failure(400, "bad request\n");
    if (*file == where_file)
        return {.type = content_type(where_file), .body = where_};
    auto content = read_(*file);
    if (!content)
        return failure(404, "not found\n");
    auto etag = '"' + md5_base64(*content) + '"';
    if (r.if_none_match.find(etag) != std::string_view::npos)
        return {.status = 304, .type = content_type(*file), .cache = "no-cache", .etag = std::move(etag)};
    return {.type = content_type(*file),
            .cache = "no-cache",
            .etag = std::move(etag),
            .body = std::move(*content)};
}

std::string where_json(std::string_view kind, std::string_view host, unsigned port, bool tls)
{
    const bool local = host.starts_with("127.") || host == "localhost" || host == "::1" ||
                       host == "0.0.0.0" || host == "::" || host == "*";
    nlohmann::ordered_json address = {{"host", local ? std::string_view() : host}, {"port", port}};
    if (tls)
        address["tls"] = true;
    return nlohmann::ordered_json{{kind, address}}.dump();
}

} // namespace citron::frontend
