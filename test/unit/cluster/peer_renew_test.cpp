// A line that something could not be said on: it is given up, so that the next one says everything again.
#include "test/unit/cluster/line.hpp"

#include <gtest/gtest.h>

namespace citron::cluster {
namespace {

using namespace std::chrono_literals;
using test::kind;
using test::line;
using lines = std::vector<std::string>;

TEST(PeerRenew, TheLineIsLostAtTheNextTickNotAtOnce)
{
    line l;
    l.up();

    l.peer.renew();
    EXPECT_TRUE(l.peer.up());
    EXPECT_EQ(l.heard.take(), lines{});
    l.live(100ms);

    EXPECT_FALSE(l.peer.up());
    EXPECT_TRUE(l.peer.take_close());
    EXPECT_EQ(l.heard.take(), lines{"down"});
    EXPECT_EQ(l.counters.at("link.lost"), 1U);
}

TEST(PeerRenew, AskedTwiceItIsLostOnce)
{
    line l;
    l.up();

    l.peer.renew();
    l.peer.renew();
    l.live(200ms);

    EXPECT_EQ(l.heard.take(), lines{"down"});
}

TEST(PeerRenew, TheNextLineStays)
{
    line l;
    l.up();
    l.peer.renew();
    l.live(100ms);
    (void)l.wait_for_open();
    l.welcome();

    l.live(1s);

    EXPECT_TRUE(l.peer.up());
    EXPECT_EQ(l.counters.at("link.lost"), 1U);
}

TEST(PeerRenew, ALineThatWasLostAnywayIsNotLostAgain)
{
    line l;
    l.up();
    l.peer.renew();
    l.peer.on_lost(l.now);
    (void)l.wait_for_open();
    l.welcome();

    l.live(1s);

    EXPECT_TRUE(l.peer.up());
    EXPECT_EQ(l.counters.at("link.lost"), 1U);
}

TEST(PeerRenew, WithoutALineThereIsNothingToRenew)
{
    line l;
    l.peer.renew();
    (void)l.open();
    l.peer.renew(); // not taken in yet
    l.welcome();

    l.live(1s);

    EXPECT_TRUE(l.peer.up());
    EXPECT_EQ(l.counters.at("link.lost"), 0U);
}

} // namespace
} // namespace citron::cluster
