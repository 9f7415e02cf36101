#include "broker/admission.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace citron::broker {
namespace {

using frames = std::vector<std::string>;

std::string key(char c)
{
    return std::string(32, c);
}

struct Admission : testing::Test
{
    protocol::counters counters;
    admission gate{counters};

    Admission()
    {
        gate.allow({{key('g'), "gate"},
                    {key('c'), "connector"},
                    {key('o'), "connector"}, // the old one
                    {key('s'), "chat"},
                    {key('m'), "monitor"}});
    }

    frames ask(std::string_view where, std::string_view shown, std::string_view mechanism = "CURVE",
               std::string_view version = "1.0", std::string_view address = "10.0.0.9")
    {
        const std::vector<std::string_view> question{version, "42", where, address, "", mechanism, shown};
        return gate.answer(question);
    }
    /// The role, or the status and the reason.
    std::string outcome(std::string_view where, std::string_view shown)
    {
        const auto answer = ask(where, shown);
        return answer.at(2) == "200" ? answer.at(4) : answer.at(2) + " " + answer.at(3);
    }
};

TEST_F(Admission, AKnownKeyIsLetInUnderItsRole)
{
    EXPECT_EQ(ask(door::requests, key('s')), (frames{"1.0", "42", "200", "", "chat", ""}));
    EXPECT_EQ(counters.at("broker.admitted.chat"), 1U);
}

TEST_F(Admission, OldAndNewKeysAreGoodAtOnce)
{
    EXPECT_EQ(outcome(door::requests, key('c')), "connector");
    EXPECT_EQ(outcome(door::requests, key('o')), "connector");
}

TEST_F(Admission, EachSocketHasItsGuests)
{
    for (const auto& [who, role] : gate.allowed()) {
        EXPECT_EQ(outcome(door::requests, who), role);
        EXPECT_EQ(outcome(door::broadcasts, who), role == "connector" ? role : "400 wrong_socket");
        EXPECT_EQ(outcome(door::tap, who), role == "monitor" ? role : "400 wrong_socket");
        EXPECT_EQ(outcome("elsewhere", who), "400 wrong_socket");
    }
    EXPECT_EQ(counters.at("broker.denied.wrong_socket"), 3U + 4U + 5U);
}

TEST_F(Admission, AnUnknownKeyIsRefusedEverywhere)
{
    for (const auto where : {door::requests, door::broadcasts, door::tap})
        for (const auto& shown :
             {key('x'), std::string(), std::string("c"), key('c') + "c", key('c').substr(1)})
            EXPECT_EQ(ask(where, shown), (frames{"1.0", "42", "400", "unknown_key", "", ""}));
    EXPECT_EQ(counters.at("broker.denied.unknown_key"), 15U);
}

TEST_F(Admission, NothingButCurveIsAKey)
{
    for (const auto mechanism : {"NULL", "PLAIN", "GSSAPI", "", "curve"})
        EXPECT_EQ(ask(door::requests, key('c'), mechanism).at(3), "no_curve") << mechanism;
    const std::vector<std::string_view> bare{"1.0", "1", door::requests, "", "", "CURVE"};
    EXPECT_EQ(gate.answer(bare).at(3), "unknown_key");
    const auto name = key('c'), password = key('c');
    const std::vector<std::string_view> two{"1.0", "1", door::requests, "", "", "CURVE", name, password};
    EXPECT_EQ(gate.answer(two).at(3), "unknown_key");
}

TEST_F(Admission, AQuestionThatIsNoneIsAnsweredAllTheSame)
{
    EXPECT_EQ(ask(door::requests, key('c'), "CURVE", "2.0").at(2), "500");
    EXPECT_EQ(gate.answer({}), (frames{"1.0", "", "500", "bad_question", "", ""}));
    const std::vector<std::string_view> torn{"1.0", "9", door::requests};
    EXPECT_EQ(gate.answer(torn), (frames{"1.0", "9", "500", "bad_question", "", ""}));
}

TEST_F(Admission, AKeyThatWasTakenAwayIsGoodNoMore)
{
    gate.allow({{key('c'), "connector"}});

    EXPECT_EQ(outcome(door::requests, key('c')), "connector");
    EXPECT_EQ(outcome(door::requests, key('o')), "400 unknown_key");
}

TEST_F(Admission, NobodyIsAllowedAtFirst)
{
    admission closed(counters);

    const std::vector<std::string_view> question{"1.0", "1", door::requests, "", "", "CURVE", ""};
    EXPECT_EQ(closed.answer(question).at(2), "400");
}

TEST_F(Admission, WhoIsRefusedIsLoggedOnce)
{
    for (int i = 0; i < 3; ++i)
        (void)ask(door::tap, key('x'));
    (void)ask(door::tap, key('x'), "CURVE", "1.0", "10.0.0.10");

    EXPECT_EQ(gate.take_notes(), (frames{"peer.denied socket=tap reason=unknown_key address=10.0.0.9",
                                         "peer.denied socket=tap reason=unknown_key address=10.0.0.10"}));
    EXPECT_TRUE(gate.take_notes().empty());
}

TEST_F(Admission, AFloodOfAddressesFillsNoMemory)
{
    for (int i = 0; i < 5000; ++i)
        (void)ask(door::tap, key('x'), "CURVE", "1.0", std::to_string(i));

    EXPECT_EQ(gate.take_notes().size(), 1000U);
    EXPECT_EQ(counters.at("broker.denied.unknown_key"), 5000U);
}

} // namespace
} // namespace citron::broker
