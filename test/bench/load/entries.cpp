#include "test/bench/load/entries.hpp"

#include "common/protocol/package.hpp"
#include "test/bench/load/websocket.hpp"

#include <nlohmann/json.hpp>

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <map>
#include <stdexcept>

namespace citron::bench {
namespace {

using protocol::package_type;

/// A blocking connection to the gate.
class gate
{
public:
    explicit gate(const entry& where) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))
    {
        constexpr timeval patience{10, 0};
        setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        if (connect(fd_, reinterpret_cast<const sockaddr*>(&where.address), sizeof where.address) != 0)
            throw std::runtime_error("no gate at " + where.host);
        write(upgrade_request(where.host, "/"));
        while (upgrade_answer_size(in_) == 0)
            read();
        in_.erase(0, upgrade_answer_size(in_));
        say(protocol::encode_package(package_type::handshake, R"({"sys":{},"user":{}})"));
        (void)next(package_type::handshake);
        say(protocol::encode_package(package_type::handshake_ack, {}));
    }
    ~gate() { close(fd_); }
    gate(const gate&) = delete;
    gate& operator=(const gate&) = delete;

    void ask(std::uint32_t id, const std::string& uid)
    {
        say(protocol::encode_request(id, "gate.gateHandler.queryEntry", R"({"uid":")" + uid + R"("})"));
    }

    /// The answers come in any order.
    std::pair<std::uint32_t, entry> answer()
    {
        const auto body = next(package_type::data);
        const auto said = protocol::decode_message(body);
        const auto json = nlohmann::json::parse(said ? said->body : std::string_view(), nullptr, false);
        if (!json.is_object() || !json.contains("host"))
            throw std::runtime_error("the gate names no connector: " + std::string(said ? said->body : ""));
        entry where{json["host"].get<std::string>() + ":" + std::to_string(json["port"].get<int>())};
        where.tls = json.value("tls", false);
        return {said->id, where};
    }

private:
    void write(std::string_view bytes)
    {
        if (send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(bytes.size()))
            throw std::runtime_error("the gate does not listen");
    }
    void say(std::string_view package)
    {
        std::string out;
        append_frame(out, opcode::binary, package);
        write(out);
    }
    void read()
    {
        char some[4096];
        const auto size = recv(fd_, some, sizeof some, 0);
        if (size <= 0)
            throw std::runtime_error("the gate does not answer");
        in_.append(some, static_cast<std::size_t>(size));
    }
    /// A frame may hold several packages.
    std::string next(package_type wanted)
    {
        for (;;) {
            while (!packages_.empty()) {
                std::string_view rest = packages_;
                const auto package = protocol::take_package(rest);
                const bool right = package && package->type == wanted;
                std::string body(right ? package->body : std::string_view());
                packages_ = package ? std::string(rest) : std::string();
                if (right)
                    return body;
            }
            if (const auto frame = next_frame(in_)) {
                packages_ = frame->payload;
                in_.erase(0, frame->size);
            } else {
                read();
            }
        }
    }

    int fd_;
    std::string in_, packages_;
};

} // namespace

entry entry_at(const std::string& text)
{
    const auto colon = text.rfind(':');
    addrinfo hints{}, *found = nullptr;
    hints.ai_family = AF_INET;
    hints.ai_socktype = SOCK_STREAM;
    if (colon == std::string::npos ||
        getaddrinfo(text.substr(0, colon).c_str(), text.substr(colon + 1).c_str(), &hints, &found) != 0)
        throw std::runtime_error("no host:port: " + text);
    entry e{text, *reinterpret_cast<sockaddr_in*>(found->ai_addr)};
    freeaddrinfo(found);
    return e;
}

std::vector<entry> entries_for(const std::string& dialect, const std::vector<std::string>& at,
                               const std::vector<std::string>& names)
{
    constexpr std::uint32_t at_once = 64; // questions
    std::vector<entry> entries(names.size());
    if (dialect != "pomelo") {
        for (std::size_t i = 0; i < names.size(); ++i)
            entries[i] = entry_at(at[i % at.size()]);
        return entries;
    }
    gate asked(entry_at(at.front()));
    std::map<std::string, entry> known;
    std::uint32_t open = 0;
    for (std::uint32_t next = 0, done = 0; done < names.size();) {
        for (; next < names.size() && open < at_once; ++next, ++open)
            asked.ask(next + 1, names[next]);
        const auto [id, where] = asked.answer();
        auto& found = known[where.host];
        if (found.host.empty())
            found = entry_at(where.host);
        found.tls = where.tls;
        entries.at(id - 1) = found;
        --open, ++done;
    }
    return entries;
}

} // namespace citron::bench
