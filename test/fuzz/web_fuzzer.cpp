// Request targets of www/: none of them leaves the folder.
#include "frontend/web_root.hpp"
#include "test/fuzz/fuzz.hpp"

#include <algorithm>
#include <string>

using namespace citron::frontend;
using citron::fuzz::must;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const auto target = citron::fuzz::input(data, size).rest();
    bool asked = false;
    const auto read = [&](const std::string& file) {
        asked = true;
        must(!file.empty() && file.front() != '/' && file.back() != '/', "a file is relative to the root");
        must(("/" + file).find("/.") == file.npos && file.find("//") == file.npos, "no segment is hidden");
        must(
            std::ranges::none_of(file, [](char c) { return (c >= 0 && c < 0x20) || c == 0x7f || c == '\\'; }),
            "a file's name is clean");
        return std::optional<std::string>("content");
    };
    const web_root root(read, "{}");
    const auto answer = root.answer({.method = "GET", .target = target, .if_none_match = target});
    must(answer.status == 200 || answer.status == 304 || answer.status == 400, "it is answered");
    must(asked == !answer.etag.empty(), "only what is read has a tag");
    return 0;
}
