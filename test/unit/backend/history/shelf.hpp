// A memory store whose answers come at once.
#pragma once

#include "backend/history/memory_store.hpp"
#include "common/protocol/json_writer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace citron::backend::test {

using protocol::errc;
using protocol::head;
using protocol::json_writer;
using offsets = std::vector<std::uint64_t>;

/// Room "a" is open in epoch "e" under term 1 unless a test says
/// otherwise.
struct shelf
{
    explicit shelf(memory_options options = {}) : store(options, counters) { (void)open("a"); }

    head open(const std::string& rid, std::uint64_t term_above = 0, const std::string& epoch = "e",
              std::uint64_t floor = 0)
    {
        std::vector<backend::store::opened> all;
        store.take_over({{rid, term_above, floor, epoch}},
                        [&](std::vector<backend::store::opened> o) { all = std::move(o); });
        store.complete();
        return all.at(0).at;
    }
    static append entry(const std::string& rid, const std::string& text = "x", std::uint64_t term = 1)
    {
        return {.rid = rid, .term = term, .time = 1000, .chat = open_chat(text)};
    }
    static std::string open_chat(const std::string& text) { return json_writer{{"msg", text}}.open(); }
    /// Of such a message, while offsets have one digit.
    static std::size_t size(const std::string& text) { return stamped(open_chat(text), 1, "e", 1000).size(); }
    std::vector<append_outcome> results(std::vector<append> batch)
    {
        std::vector<append_outcome> all;
        store.submit(std::move(batch),
                     [&](std::vector<append_outcome> outcomes) { all = std::move(outcomes); });
        store.complete();
        return all;
    }
    std::vector<errc> put(std::vector<append> batch)
    {
        std::vector<errc> codes;
        std::ranges::transform(results(std::move(batch)), std::back_inserter(codes), &append_outcome::code);
        return codes;
    }
    errc put(const append& one) { return put(std::vector{one}).at(0); }
    void fill(const std::string& rid, std::uint64_t last, const std::string& text = "x")
    {
        for (std::uint64_t offset = 1; offset <= last; ++offset)
            ASSERT_EQ(put(entry(rid, text)), errc::ok);
    }
    page before(std::uint64_t offset, page_limit limit = {}, const std::string& rid = "a")
    {
        std::optional<page> got;
        store.read_before(rid, offset, limit, [&](page p) { got = std::move(p); });
        store.complete();
        return got.value();
    }
    page after(std::uint64_t offset, page_limit limit = {}, const std::string& rid = "a")
    {
        std::optional<page> got;
        store.read_after(rid, offset, limit, [&](page p) { got = std::move(p); });
        store.complete();
        return got.value();
    }
    offsets all(const std::string& rid = "a") { return of(before(0, {.count = 1000}, rid)); }
    static offsets of(const page& p)
    {
        offsets found;
        std::ranges::transform(p.messages, std::back_inserter(found), &protocol::message::offset);
        return found;
    }

    protocol::counters counters;
    memory_store store;
};

} // namespace citron::backend::test
