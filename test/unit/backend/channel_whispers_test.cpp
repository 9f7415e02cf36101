// Messages to one user, as the room sees them.
#include "test/unit/backend/recording_port.hpp"

#include <algorithm>

namespace citron::backend {
namespace {

using test::lines;
using test::lobby;

TEST(Channel, AWhisperIsDeliveredAndHasNoOffset)
{
    lobby l;
    const auto ann = l.in("ann", "c1", 1);
    l.in("bob", "c2", 4);

    l.room.whisper(l.from(ann, 5), "bob", {{"msg", "psst"}});

    EXPECT_EQ(l.port.take(), lines{R"(deliver c2/4 {"msg":"psst","time":1000} )"});
    EXPECT_EQ(test::text_of(l.room.at()), "3.2 e@0");
    EXPECT_TRUE(l.room.busy());
}

TEST(Channel, AWhisperIsAnsweredWhenItWasDelivered)
{
    lobby l;
    const auto ann = l.in("ann", "c1", 1);
    l.in("bob", "c2", 4);
    const auto from = l.from(ann, 5);
    l.room.whisper(from, "bob", {{"msg", "psst"}});
    (void)l.port.take();

    l.room.whispered(from.to_answer_later(), errc::ok);

    EXPECT_EQ(l.port.take(), lines{R"(answer c1#5 ok {"time":1000})"});
    EXPECT_FALSE(l.room.busy());
}

TEST(Channel, AWhisperToNobodyIsRefused)
{
    lobby l;
    const auto ann = l.in("ann", "c1", 1);

    l.room.whisper(l.from(ann, 5), "bob", {{"msg", "psst"}});

    EXPECT_EQ(l.port.take(), lines{"answer c1#5 no_such_user "});
    EXPECT_FALSE(l.room.busy());
}

TEST(Channel, AWhisperReachesEverySessionAndIsAnsweredOnce)
{
    lobby l(lobby::names::shared);
    const auto ann = l.in("ann", "c1", 1);
    l.in("bob", "c2", 4);
    l.in("bob", "c3", 9);
    (void)l.admit(ann, 5, 1);
    const auto from = l.from(ann, 5, {}, 1);

    l.room.whisper(from, "bob", {{"msg", "psst"}});
    auto delivered = l.port.take();
    l.room.whispered(from.to_answer_later(), errc::ok);
    l.room.whispered(from.to_answer_later(), errc::ok);

    std::ranges::sort(delivered);
    EXPECT_EQ(delivered, (lines{R"(deliver c2/4 {"msg":"psst","time":1000} )",
                                R"(deliver c3/9 {"msg":"psst","time":1000} )"}));
    EXPECT_EQ(l.port.take(), lines{R"(answer c1#5 ok {"time":1000})"});
    EXPECT_FALSE(l.room.busy());
}

/// bob has two sessions, and ann whispers to him; the deliveries end one after another.
lines whispered_twice(errc first, errc second)
{
    lobby l(lobby::names::shared);
    const auto ann = l.in("ann", "c1", 1);
    l.in("bob", "c2", 4);
    l.in("bob", "c3", 9);
    (void)l.admit(ann, 5, 1);
    const auto from = l.from(ann, 5, {}, 1);
    l.room.whisper(from, "bob", {{"msg", "psst"}});
    (void)l.port.take();

    l.room.whispered(from.to_answer_later(), first);
    EXPECT_EQ(l.port.take(), lines{});
    EXPECT_TRUE(l.room.busy());
    l.room.whispered(from.to_answer_later(), second);

    EXPECT_FALSE(l.room.busy());
    return l.port.take();
}

TEST(Channel, AWhisperThatOneOfTheSessionsTookIsDelivered)
{
    EXPECT_EQ(whispered_twice(errc::ok, errc::unavailable), lines{R"(answer c1#5 ok {"time":1000})"});
    EXPECT_EQ(whispered_twice(errc::no_such_user, errc::ok), lines{R"(answer c1#5 ok {"time":1000})"});
}

TEST(Channel, AWhisperThatNoSessionTookFailsAsTheLastOne)
{
    EXPECT_EQ(whispered_twice(errc::no_such_user, errc::unavailable), lines{"answer c1#5 unavailable "});
    EXPECT_EQ(whispered_twice(errc::unavailable, errc::no_such_user), lines{"answer c1#5 no_such_user "});
}

TEST(Channel, ADeliveryThatNobodyWaitsForIsNothing)
{
    lobby l;
    const auto ann = l.in("ann", "c1", 1);

    l.room.whispered(l.from(ann, 5, {}, 1).to_answer_later(), errc::ok);

    EXPECT_EQ(l.port.take(), lines{});
}

TEST(Channel, AWhisperEchoesItsRoute)
{
    lobby l;
    const auto ann = l.in("ann", "c1", 1);
    const auto from = l.from(ann, 5, R"({"route":"r"})");
    l.room.whisper(from, "ann", {{"msg", "memo"}});

    l.room.whispered(from.to_answer_later(), errc::ok);

    EXPECT_EQ(l.port.take(), (lines{R"(deliver c1/1 {"msg":"memo","time":1000} )",
                                    R"(answer c1#5 ok {"time":1000,"route":"r"})"}));
}

// ---- messages to one user under a cid

/// ann, whose key is "k", whispers to bob under the cid 7.
struct named_whisper : lobby
{
    named_whisper()
    {
        in("bob", "c2", 4);
        room.whisper(asked, "bob", {{"msg", "psst"}});
    }
    void delivered(errc code = errc::ok) { room.whispered(asked.to_answer_later(), code); }

    protocol::member ann = in("ann", "c1", 1, "k");
    backend_session asked = from(ann, 5, R"({"cid":7})");
};
const std::string name =
    std::string("k>bob") + '\0' + "7"; // no cid to all reads like this, nor one to another
const std::string question = "ask for 1000 " + name, name_kept = "keep name 1000 " + name,
                  shown = R"(deliver c2/4 {"msg":"psst","time":1000,"cid":"7"} )" + name,
                  answered = R"(answer c1#5 ok {"time":1000})";

TEST(Channel, AWhisperWithACidIsAnsweredWhenTheStoreKnowsThatItWasDelivered)
{
    named_whisper w;
    EXPECT_EQ(w.port.take(), lines{question});
    w.stored();
    EXPECT_EQ(w.port.take(), lines{shown});
    w.delivered();
    EXPECT_EQ(w.port.take(), lines{name_kept});
    EXPECT_TRUE(w.room.busy());
    w.stored();

    EXPECT_EQ(w.port.take(), lines{answered});
    EXPECT_FALSE(w.room.busy());
}

TEST(Channel, AWhisperThatTheStoreKnowsIsAnsweredAsTheFirstTimeAndNotShown)
{
    named_whisper w;
    (void)w.port.take();

    w.stored_before(0, 900);

    EXPECT_EQ(w.port.take(), lines{R"(answer c1#5 ok {"time":900})"});
    EXPECT_FALSE(w.room.busy());
}

TEST(Channel, AWhisperThatNobodyTookLeavesItsCidFree)
{
    named_whisper w;
    w.stored();
    (void)w.port.take();

    w.delivered(errc::no_such_user);

    EXPECT_EQ(w.port.take(), lines{"answer c1#5 no_such_user "});
    EXPECT_FALSE(w.room.busy());
}

TEST(Channel, AWhisperWhoseAddresseeLeavesWhileTheStoreIsAskedIsRefused)
{
    named_whisper w;
    (void)w.room.leave(lobby::who("bob", "c2", 4));
    (void)w.port.take();

    w.stored();

    EXPECT_EQ(w.port.take(), lines{"answer c1#5 no_such_user "});
}

TEST(Channel, AWhisperIsNotAcknowledgedWhileTheStoreCannotKeepItsCid)
{
    named_whisper w;
    w.stored();
    w.delivered();
    (void)w.port.take();

    w.stored(errc::unavailable);

    EXPECT_EQ(w.port.take(), lines{"answer c1#5 unavailable "});
    EXPECT_FALSE(w.room.busy());
}

TEST(Channel, AWhisperIsNotShownWhileTheStoreCannotBeAsked)
{
    named_whisper w;
    (void)w.port.take();

    w.stored(errc::unavailable);

    EXPECT_EQ(w.port.take(), lines{"answer c1#5 unavailable "});
}

TEST(Channel, AWhisperThatWasShownIsNeverTakenBack)
{
    named_whisper w;
    const auto asked = w.from(w.ann, 6, R"({"cid":8})", 1);
    ASSERT_EQ(w.admit(w.ann, 6, 1), channel::admission::next);
    w.room.whisper(asked, "bob", {{"msg", "psst"}});
    ASSERT_EQ(w.admit(w.ann, 7, 2), channel::admission::next);
    w.stored();
    w.stored();
    w.room.whispered(asked.to_answer_later(), errc::ok);
    (void)w.port.take();

    w.stored(errc::moved);

    EXPECT_EQ(w.port.take(), lines{"answer c1#6 unavailable "});
    EXPECT_EQ(w.admit(w.ann, 8, 3), channel::admission::next);
}

TEST(Channel, ACidOfAWhisperHasTheLengthOfAnyOther)
{
    lobby l;
    const auto ann = l.in("ann", "c1", 1, "k");
    const auto with = [](std::size_t bytes) { return R"({"cid":")" + std::string(bytes, 'x') + "\"}"; };

    l.room.whisper(l.from(ann, 5, with(129)), "ann", {{"msg", "memo"}});
    EXPECT_EQ(l.port.take(), lines{"answer c1#5 bad_request "});
    l.room.whisper(l.from(ann, 6, with(128)), "ann", {{"msg", "memo"}});
    EXPECT_EQ(l.port.kept.size(), 1U);
}

} // namespace
} // namespace citron::backend
