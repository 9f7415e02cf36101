// A folder for one test's history files, and short words for what is asked of them.
#pragma once

#include "backend/history/database.hpp"
#include "common/protocol/json_writer.hpp"
#include "test/unit/temporary_folder.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace citron::backend::test {

using protocol::errc;
using protocol::head;
using offsets = std::vector<std::uint64_t>;
using reason = history_error::reason;

struct disk : citron::test::temporary_folder
{
    /// Options of the file; not synced, as nobody cuts the power of a test.
    [[nodiscard]] database_options file(const std::string& name = "history.db") const
    {
        return {.path = (root / name).string(), .durability = durability::os, .young_ms = 0};
    }
};

inline append said(const std::string& rid, const std::string& text = "x", std::uint64_t term = 1,
                   std::uint64_t time = 1000)
{
    return {.rid = rid, .term = term, .time = time, .chat = protocol::json_writer({{"msg", text}}).open()};
}

/// The `number`th send of session "s".
inline append numbered(const std::string& rid, std::uint64_t number, bool again = false)
{
    auto a = said(rid);
    a.sender = "s";
    a.number = number;
    a.again = again;
    return a;
}

inline append named(const std::string& rid, const std::string& cid)
{
    auto a = said(rid);
    a.cid = cid;
    return a;
}

/// The cid of something that is not kept itself, and the question whether one is known.
inline append name(const std::string& rid, const std::string& cid)
{
    return {.what = append::kind::name, .rid = rid, .term = 1, .time = 1000, .cid = cid};
}
inline append question(const std::string& rid, const std::string& cid)
{
    return {.what = append::kind::question, .rid = rid, .term = 1, .time = 2000, .cid = cid};
}

inline store::opened open(database& file, const std::string& rid, std::uint64_t term_above = 0,
                          const std::string& epoch = "e", std::uint64_t floor = 0)
{
    const std::vector<store::opening> one{{rid, term_above, floor, epoch}};
    return file.take_over(one).at(0);
}

/// A time by the clock that nobody can set.
inline protocol::instant at(std::uint64_t ms)
{
    return protocol::instant() + std::chrono::milliseconds(ms);
}

inline append_outcome put(database& file, const append& one, std::uint64_t now = 1000)
{
    return file.commit(std::vector{one}, at(now)).at(0);
}

inline offsets of(const page& p)
{
    offsets found;
    std::ranges::transform(p.messages, std::back_inserter(found), &protocol::message::offset);
    return found;
}

inline offsets all(database& file, const std::string& rid)
{
    return of(file.read_before(rid, 0, {.count = 100'000, .bytes = 1U << 30U}));
}

/// `count` messages in one commit.
inline void fill(database& file, const std::string& rid, std::uint64_t count, std::uint64_t time = 1000)
{
    (void)file.commit(std::vector<append>(count, said(rid, "x", 1, time)), at(time));
}

inline ::testing::AssertionResult says(std::string_view text, std::string_view part)
{
    if (text.find(part) != text.npos)
        return ::testing::AssertionSuccess();
    return ::testing::AssertionFailure() << '"' << text << "\" does not say \"" << part << '"';
}

/// Why `work` fails. A test that expects it to fail fails if it does not.
template <typename Work>
history_error failure_of(Work&& work)
{
    try {
        work();
    } catch (const history_error& error) {
        return error;
    }
    ADD_FAILURE() << "nothing failed";
    return {reason::other, ""};
}

} // namespace citron::backend::test
