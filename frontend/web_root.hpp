// PURE. www/ over HTTP: which file a request means, and everything about the answer but the sending.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace citron::frontend {

/// The file that a request target means, relative to the root: decoded, no query, "index.html" for a folder.
/// Nothing when it is malformed or could leave the root: dot segments, hidden files, backslashes, encoded
/// slashes, control characters, broken percent signs.
[[nodiscard]] std::optional<std::string> file_of(std::string_view target);

/// By extension; "application/octet-stream" for those we do not know.
[[nodiscard]] std::string_view content_type(std::string_view file);

struct web_request
{
    std::string_view method;
    std::string_view target;
    std::string_view if_none_match;
};

struct web_answer
{
    unsigned status = 200;
    std::string_view type = "text/plain; charset=utf-8";
    std::string_view cache = "no-store";
    std::string etag;   ///< empty: none
    std::string body;   ///< of a GET; the shell leaves it out for HEAD, but tells its length
    bool allow = false; ///< 405: tell which methods are allowed
};

/// What every answer carries against scripts and frames of others. A page that came by https may connect by
/// wss only; one that came by http may be sent to a connector of either kind.
[[nodiscard]] std::string_view content_security_policy(bool https);

class web_root
{
public:
    /// Contents of a file below the root, by its relative path; nothing when there is none.
    using reader = std::function<std::optional<std::string>(const std::string&)>;

    /// `where`: the body of GET /citron.json, which tells the page where to connect.
    web_root(reader read, std::string where) : read_(std::move(read)), where_(std::move(where)) {}

    [[nodiscard]] web_answer answer(const web_request& r) const;

private:
    reader read_;
    std::string where_;
};

/// {"gate":{"host":..,"port":..}} or {"connector":...}, with "tls":true when it speaks TLS. A loopback or any
/// address becomes "": the page then uses the name it was loaded from, so that it also works from another
/// machine.
[[nodiscard]] std::string where_json(std::string_view kind, std::string_view host, unsigned port, bool tls);

} // namespace citron::frontend
