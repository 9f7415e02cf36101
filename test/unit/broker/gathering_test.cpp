#include "broker/gathering.hpp"

#include <gtest/gtest.h>

namespace citron::broker {
namespace {

using namespace std::chrono_literals;
using protocol::server_info;

constexpr instant start{};

server_info server(std::string id, std::uint64_t boot = 1)
{
    return {.id = std::move(id), .boot = boot};
}

protocol::view view(std::uint64_t number, std::vector<server_info> servers)
{
    return {.broker = 9, .number = number, .servers = std::move(servers)};
}

TEST(Gathering, GoesOnWhileNobodyHasComeYet)
{
    gathering g({"s1"}, 1500ms);

    EXPECT_FALSE(g.over({}, start + 1h));
}

TEST(Gathering, IsOverWhenAllWhomConfNamesAreThere)
{
    gathering g({"s1", "c1"}, 1500ms);
    (void)g.report({}, start);

    EXPECT_FALSE(g.over({server("s1")}, start));
    EXPECT_TRUE(g.over({server("s1"), server("c1"), server("extra")}, start));
}

TEST(Gathering, WaitsForThoseWhomAReportedViewShows)
{
    gathering g({"s1"}, 1500ms);
    (void)g.report(view(7, {server("s1"), server("s4")}), start);

    EXPECT_FALSE(g.over({server("s1")}, start));
    EXPECT_TRUE(g.over({server("s1"), server("s4")}, start));
}

TEST(Gathering, OnlyTheNewestReportedViewCounts)
{
    gathering g({}, 1500ms);
    (void)g.report(view(7, {server("s1"), server("s2")}), start);
    (void)g.report(view(9, {server("s1")}), start);
    (void)g.report(view(8, {server("s1"), server("s3")}), start);

    EXPECT_TRUE(g.over({server("s1")}, start));
    EXPECT_EQ(g.highest(), 9U);
}

TEST(Gathering, ANumberThatSomebodyKnowsIsCountedOnFromButShowsNobody)
{
    gathering g({}, 1500ms);
    (void)g.report(view(7, {server("s1")}), start);

    g.number_above(40);
    g.number_above(12);

    EXPECT_EQ(g.highest(), 40U);
    EXPECT_FALSE(g.over({}, start)) << "the view of number 7 is still the newest that we have seen";
    EXPECT_TRUE(g.report(view(9, {}), start));
}

TEST(Gathering, SaysWhetherAReportIsNewerThanAnyBefore)
{
    gathering g({}, 1500ms);

    EXPECT_FALSE(g.report({}, start)); // knew no view
    EXPECT_TRUE(g.report(view(7, {}), start));
    EXPECT_FALSE(g.report(view(7, {}), start));
    EXPECT_FALSE(g.report(view(6, {}), start));
    EXPECT_TRUE(g.report(view(8, {}), start));
}

TEST(Gathering, PatienceBeginsWithTheFirstHello)
{
    gathering g({"s1", "s2"}, 1500ms);
    (void)g.report({}, start + 10s);
    (void)g.report({}, start + 11s);

    EXPECT_FALSE(g.over({server("s1")}, start + 11'499ms));
    EXPECT_TRUE(g.over({server("s1")}, start + 11'500ms));
}

TEST(Gathering, ARestartedServerIsThereButItsFormerLifeIsMissing)
{
    gathering g({}, 1500ms);
    (void)g.report(view(7, {server("s1", 1), server("s2", 1)}), start);
    const std::vector present{server("s1", 2), server("s2", 1)};

    EXPECT_TRUE(g.over(present, start));
    EXPECT_EQ(g.missing(present), (std::vector<incarnation>{{"s1", 1}}));
}

TEST(Gathering, WhoeverDoesNotComeInTimeIsMissing)
{
    gathering g({"conf"}, 1500ms);
    (void)g.report(view(7, {server("s1"), server("s2")}), start);

    EXPECT_EQ(g.missing({server("s1")}), (std::vector<incarnation>{{"s2", 1}}));
}

TEST(Gathering, AViewByWhichRoomsWereRoutedIsNewerThanAnyOfABrokerThatOnlyGathered)
{
    gathering g({}, 1500ms);
    auto routed = view(7, {server("s1")});
    routed.ready = true;
    EXPECT_TRUE(g.report(view(5, {}), start));
    EXPECT_TRUE(g.report(routed, start));

    EXPECT_FALSE(g.report(view(9, {}), start));

    EXPECT_FALSE(g.over({}, start)) << "those whom the view of number 7 shows";
    EXPECT_EQ(g.highest(), 9U) << "but it is counted on from that";
}

// ---- who had been given up

protocol::view dropping(std::uint64_t number, incarnation who, bool routed = true)
{
    auto v = view(number, {});
    v.ready = routed;
    v.dropped = {std::move(who)};
    return v;
}

protocol::view showing(std::uint64_t number, server_info who, bool routed = true)
{
    auto v = view(number, {std::move(who)});
    v.ready = routed;
    return v;
}

using dead = std::vector<incarnation>;

TEST(Gathering, KnowsOfTheDeadWhoeverReportsThem)
{
    gathering g({}, 1500ms);
    (void)g.report(dropping(7, {"s1", 1}), start);
    (void)g.report(dropping(6, {"s2", 1}), start);
    (void)g.report(dropping(9, {"s3", 1}, false), start);

    EXPECT_EQ(g.dead(), (dead{{"s1", 1}, {"s2", 1}, {"s3", 1}}));
}

TEST(Gathering, WhoIsShownLivingLaterIsNotDead)
{
    gathering g({}, 1500ms);
    (void)g.report(showing(8, server("s1")), start);
    (void)g.report(dropping(7, {"s1", 1}), start);

    EXPECT_EQ(g.dead(), dead{});
}

TEST(Gathering, ABrokerThatOnlyGatheredMayNotHaveKnownOfADeath)
{
    gathering g({}, 1500ms);
    (void)g.report(dropping(7, {"s1", 1}), start);
    (void)g.report(showing(8, server("s1"), false), start);

    EXPECT_EQ(g.dead(), (dead{{"s1", 1}}));
}

TEST(Gathering, WhoHasReturnedIsNotDeadWhateverIsReported)
{
    gathering g({}, 1500ms);
    (void)g.report(dropping(7, {"s1", 1}), start);
    g.returned({"s1", 1});
    (void)g.report(dropping(9, {"s1", 1}), start);

    EXPECT_EQ(g.dead(), dead{});
}

} // namespace
} // namespace citron::broker
