// The broker's decisions while peers, and strangers, send it what they like.
#include "broker/switchboard.hpp"
#include "test/fuzz/fuzz.hpp"

#include <array>
#include <chrono>
#include <string>
#include <vector>

using namespace citron;
using citron::fuzz::must;
using protocol::kind;
using protocol::server_kind;

namespace {

struct peer
{
    std::string id;
    server_kind type;
    std::uint64_t nonce = 1;

    [[nodiscard]] std::string identity() const { return protocol::identity_of(id, nonce); }
    [[nodiscard]] std::string topic() const { return protocol::topic_of(id, nonce); }
};

class play
{
public:
    play()
    {
        for (auto& one : peers_) // the last one is a stranger
            if (&one != &peers_.back())
                hello(one);
        board_.on_subscription(peers_[0].topic(), true, now_);
        settle();
    }

    void step(fuzz::input& in)
    {
        auto& who = peers_[in.byte() % peers_.size()];
        switch (in.byte() % 8) {
        case 0:
            return raw(who, in.text());
        case 1:
        case 2:
            return say(who, in);
        case 3:
            who.nonce += in.byte() % 2;
            return hello(who);
        case 4:
            return subscribe(who, in);
        case 5:
            return pass(std::chrono::milliseconds(in.byte() * 16));
        case 6:
            return board_.on_undeliverable(who.identity(), in.text(), now_);
        default:
            return in.byte() % 2 ? board_.on_overflow(who.identity(), now_)
                                 : board_.on_topic_overflow(who.topic(), now_);
        }
    }

    /// What the shell is told to do can be done.
    void settle()
    {
        std::vector<broker::delivery> deliveries;
        board_.take_deliveries(deliveries);
        for (const auto& one : deliveries)
            must(protocol::decode(one.bytes.view()).has_value(), "what is delivered is an envelope");
        std::vector<broker::publication> publications;
        board_.take_publications(publications);
        for (const auto& one : publications)
            must(broker::registry::is_topic(one.topic.view()) && protocol::decode(one.bytes.view()),
                 "what is published is an envelope, to a topic");
        (void)board_.take_ended();
        (void)board_.take_notes();
        check_view();
    }

private:
    void raw(const peer& who, std::string_view bytes)
    {
        const auto before = board_.peers().view();
        const bool sound = protocol::decode(bytes).has_value();
        board_.on_frame(who.identity(), std::string(bytes), now_);
        must(sound || board_.peers().view() == before, "garbage changes nothing");
    }

    void say(const peer& who, fuzz::input& in)
    {
        protocol::envelope e{.kind = static_cast<kind>(in.byte() % (protocol::last_kind + 1)),
                             .from = who.id};
        const auto to = in.byte();
        for (std::size_t i = 0; i < peers_.size(); ++i)
            if ((to >> i & 1U) != 0)
                e.to.push_back(peers_[i].id);
        e.id = to;
        e.view = board_.peers().view().id();
        e.room = in.text();
        e.body = in.text();
        board_.on_frame(who.identity(), protocol::encode(e), now_);
    }

    void hello(const peer& who)
    {
        const protocol::hello body{.self = {.id = who.id,
                                            .kind = static_cast<std::uint8_t>(who.type),
                                            .boot = 1,
                                            .nonce = who.nonce},
                                   .newest = board_.peers().view(),
                                   .pid = 1};
        const auto packed = protocol::pack(body);
        const protocol::envelope e{.kind = kind::hello, .from = who.id, .body = packed};
        board_.on_frame(who.identity(), protocol::encode(e), now_);
    }

    void subscribe(const peer& who, fuzz::input& in)
    {
        const auto how = in.byte();
        const auto text = in.text();
        board_.on_subscription(how & 2U ? std::string(text) : who.topic(), how & 1U, now_);
    }

    void pass(protocol::milliseconds time)
    {
        now_ += time;
        board_.on_tick(now_);
    }

    void check_view()
    {
        const auto& view = board_.peers().view();
        must(view.number >= newest_ && view.generation <= view.number, "views are numbered upwards");
        newest_ = view.number;
        const auto by_id = [](const auto& a, const auto& b) { return a.id < b.id; };
        must(std::ranges::is_sorted(view.servers, by_id), "a view lists its servers in order");
        for (std::size_t i = 1; i < view.servers.size(); ++i)
            must(view.servers[i - 1].id != view.servers[i].id, "a view lists a server once");
        for (const auto& owner : board_.peers().owners())
            must(view.find(owner) != nullptr, "who owns rooms is in the view");
    }

    protocol::counters counters_;
    protocol::instant now_{std::chrono::hours(1)};
    std::uint64_t newest_ = 0;
    broker::switchboard board_{{}, counters_, now_};
    std::array<peer, 5> peers_{{{"connector-1", server_kind::connector},
                                {"chat-1", server_kind::chat},
                                {"chat-2", server_kind::chat},
                                {"tool-1", server_kind::tool},
                                {"gate-1", server_kind::gate}}};
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    fuzz::input in(data, size);
    play p;
    while (!in.empty()) {
        p.step(in);
        p.settle();
    }
    return 0;
}
