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

} // namespace
} // namespace citron::broker
