// conf/servers.json and conf/chat.json: the first byte chooses which one is the fuzzer's, the other is sound.
#include "common/protocol/utf8.hpp"
#include "common/runtime/config.hpp"
#include "frontend/admission.hpp"
#include "test/fuzz/fuzz.hpp"
#include "test/unit/temporary_folder.hpp"

#include <fstream>
#include <set>
#include <string>

using namespace citron;
using citron::fuzz::must;

namespace {

constexpr std::string_view sound_servers =
    R"({"development":{"broker":{"port":5550},"connector":[{"id":"connector-1","clientPort":3050}]}})";
constexpr std::string_view sound_chat = R"({"heartbeatMs":10000,"development":{"idleMs":30000}})";

void write(const std::filesystem::path& path, std::string_view text)
{
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    out << text;
}

void check(const runtime::config& conf)
{
    std::set<std::string> ids{conf.broker.id};
    for (const auto& server : conf.servers) {
        must(runtime::is_server_id(server.id), "a server has an id");
        must(ids.insert(server.id).second, "no id is used twice");
        must(!server.host.empty(), "a server has a host");
    }
    must(conf.broker.port != 0 && conf.broker.pub_port != 0 && conf.broker.tap_port != 0,
         "the broker has ports");
    must(conf.chat.idle > conf.chat.heartbeat && conf.chat.max_message >= 64 &&
             conf.chat.outbox_bytes >= 2 * conf.chat.max_message &&
             conf.chat.outbox_total >= conf.chat.outbox_bytes,
         "limits go together");
    const frontend::admission rules(conf.chat.admission);
    for (const auto& origin : conf.chat.admission.origins)
        must(rules.admits_origin(origin), "a page that is named is let in");
    for (const auto& network : conf.chat.admission.block)
        must(!rules.admits(network.first) && !rules.admits(network.last), "who is blocked is not let in");
}

void check(const runtime::config_error& error, const std::filesystem::path& folder)
{
    const std::string_view what = error.what();
    must(what.starts_with(folder.string()), "a complaint begins with its file");
    must(std::ranges::none_of(what, [](char c) { return (c >= 0 && c < 0x20) || c == 0x7f; }) &&
             protocol::is_utf8(what),
         "a complaint is one clean line");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    static const citron::test::temporary_folder folder;
    citron::fuzz::input in(data, size);
    const bool chat = in.byte() % 2 != 0;
    const auto text = in.rest();
    write(folder.root / "servers.json", chat ? sound_servers : text);
    write(folder.root / "chat.json", chat ? text : sound_chat);
    try {
        check(runtime::load_config(folder.root, "development", std::nullopt));
        must(text.find('\0') == text.npos, "a file is read to its end");
    } catch (const runtime::config_error& error) {
        check(error, folder.root);
    }
    return 0;
}
