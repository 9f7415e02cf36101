#include "test/bench/load/referee.hpp"

#include <gtest/gtest.h>

#include <memory>

namespace citron::bench {
namespace {

class Referee : public testing::Test
{
protected:
    Referee() { judge_.begin_step(1); }

    void deliver(member& m, const marker& said)
    {
        judge_.on_delivery(m, "{\"msg\":\"" + content_of(said, 60) + "\"}");
    }
    static marker message(std::uint32_t sender, std::uint32_t seq, std::uint64_t due_ns = 0)
    {
        return {.step = 1, .sender = sender, .seq = seq, .due_ns = due_ns};
    }

    std::unique_ptr<tally> count_ = std::make_unique<tally>();
    referee judge_{*count_};
    member ann_, bob_;
};

TEST_F(Referee, LatencyCountsFromWhenItWasDue)
{
    judge_.at(5'000'000);
    deliver(ann_, message(0, 1, 2'000'000));
    EXPECT_EQ(count_->delivered.get(), 1);
    EXPECT_GE(count_->latency.percentile(50), 3000);
    EXPECT_EQ(count_->late.get(), 0);
    judge_.at(3'002'000'001'000);
    deliver(ann_, message(0, 2, 2'000'000));
    EXPECT_EQ(count_->late.get(), 1);
}

TEST_F(Referee, RepeatedAndDisorderedOnesAreSeenPerSender)
{
    for (const auto& said :
         {message(0, 1), message(1, 1), message(0, 2), message(0, 2), message(0, 4), message(0, 3)})
        deliver(ann_, said);
    EXPECT_EQ(count_->repeated.get(), 1);
    EXPECT_EQ(count_->disordered.get(), 1);
}

TEST_F(Referee, WhatAnEarlierStepSentIsNotThisOnes)
{
    deliver(ann_, {.step = 0, .sender = 0, .seq = 1});
    EXPECT_EQ(count_->strays.get(), 1);
    EXPECT_EQ(count_->delivered.get(), 0);
}

TEST_F(Referee, TheDigestTellsOrdersApart)
{
    deliver(ann_, message(0, 1));
    deliver(ann_, message(1, 1));
    deliver(bob_, message(1, 1));
    deliver(bob_, message(0, 1));
    EXPECT_NE(ann_.digest, bob_.digest);
    member cid;
    deliver(cid, message(0, 1));
    deliver(cid, message(1, 1));
    EXPECT_EQ(ann_.digest, cid.digest);
}

TEST_F(Referee, AnswersAreMatchedInAnyOrder)
{
    judge_.at(10'000);
    judge_.on_sent(ann_, 1, 1'000, true);
    judge_.on_sent(ann_, 2, 2'000, true);
    judge_.on_sent(ann_, 3, 3'000, true);
    judge_.on_answer(ann_, 2, true, {});
    judge_.on_answer(ann_, 1, false, "overloaded");
    judge_.on_answer(ann_, 1, true, {}); // nobody asked
    judge_.on_answer(ann_, 3, false, "timeout");
    EXPECT_EQ(count_->sent.get(), 3);
    EXPECT_EQ(count_->accepted.get(), 1);
    EXPECT_EQ(count_->refused_overloaded.get(), 1);
    EXPECT_EQ(count_->refused_unavailable.get(), 1);
    EXPECT_TRUE(ann_.unanswered.empty());
}

TEST_F(Referee, WithoutAnswersASendCountsAsAccepted)
{
    judge_.on_sent(ann_, 1, 0, false);
    EXPECT_EQ(count_->accepted.get(), 1);
}

} // namespace
} // namespace citron::bench
