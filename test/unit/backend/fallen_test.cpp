#include "backend/fallen.hpp"

#include <gtest/gtest.h>

namespace citron::backend {
namespace {

using protocol::server_info;
using protocol::server_kind;
using protocol::view;

server_info chat(std::string id, std::uint64_t boot, std::uint64_t pid, std::string store = "disk")
{
    return {.id = std::move(id),
            .kind = static_cast<std::uint8_t>(server_kind::chat),
            .boot = boot,
            .store = std::move(store),
            .pid = pid,
            .started = 7};
}

struct Fallen : testing::Test
{
    backend::fallen f;
    server_info s1 = chat("s1", 1, 11), s2 = chat("s2", 2, 22);
};

TEST_F(Fallen, OneThatWasDroppedIsKnownByItsPid)
{
    f.on_view({.servers = {s1, s2}, .dropped = {}});
    EXPECT_EQ(f.find(22, "disk"), nullptr) << "it lives";

    f.on_view({.servers = {s1}, .dropped = {s2.self()}});

    ASSERT_NE(f.find(22, "disk"), nullptr);
    EXPECT_EQ(f.find(22, "disk")->id, "s2");
    EXPECT_EQ(f.find(22, "disk")->started, 7U);
    EXPECT_EQ(f.find(11, "disk"), nullptr);
    EXPECT_EQ(f.find(0, "disk"), nullptr);
    EXPECT_EQ(f.find(22, "another host's disk"), nullptr);
}

TEST_F(Fallen, OneThatOnlyOpensANewLinkIsNot)
{
    f.on_view({.servers = {s1, s2}, .dropped = {}});
    f.on_view({.servers = {s1}, .dropped = {}});

    EXPECT_EQ(f.find(22, "disk"), nullptr);
}

TEST_F(Fallen, OneThatHasWokenUpIsNotAnyMore)
{
    f.on_view({.servers = {s1, s2}, .dropped = {}});
    f.on_view({.servers = {s1}, .dropped = {s2.self()}});
    f.on_view({.servers = {s1, s2}, .dropped = {s2.self()}});

    EXPECT_EQ(f.find(22, "disk"), nullptr);
}

TEST_F(Fallen, ItsNextLifeDoesNotSpeakForTheOneBefore)
{
    f.on_view({.servers = {s1, s2}, .dropped = {}});
    f.on_view({.servers = {s1}, .dropped = {s2.self()}});
    f.on_view({.servers = {s1, chat("s2", 3, 33)}, .dropped = {s2.self()}});

    EXPECT_NE(f.find(22, "disk"), nullptr);
    EXPECT_EQ(f.find(33, "disk"), nullptr);
}

TEST_F(Fallen, ConnectorsHoldNoLock)
{
    auto c1 = s2;
    c1.kind = static_cast<std::uint8_t>(server_kind::connector);
    f.on_view({.servers = {s1, c1}, .dropped = {}});
    f.on_view({.servers = {s1}, .dropped = {c1.self()}});

    EXPECT_EQ(f.find(22, "disk"), nullptr);
}

} // namespace
} // namespace citron::backend
