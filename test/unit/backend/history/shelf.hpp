// A memory store whose answers come at once.
#pragma once

#include "backend/history/memory_store.hpp"

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
using offsets = std::vector<std::uint64_t>;

/// Room "a" is open in epoch "e" under term 1 unless a test says
/// otherwise.
struct shelf
{
    explicit shelf(memory_options options = {}) : store(options, counters) { (void)open("a"); }

    head open(const std::string& rid, std::uint64_t term_above = 0, const std::string& epoch = "e",
              std::uint64_t floor = 0)
    {
        std::vector<head> heads;
        store.take_over({{rid, term_above, floor, epoch}},
                        [&](std::vector<head> h) { heads = std::move(h); });
        store.complete();
        return heads.at(0);
    }
    static append entry(const std::string& rid, std::uint64_t offset, const std::string& text = "x",
                        std::uint64_t term = 1, const std::string& epoch = "e")
    {
        return {rid, {.term = term, .epoch = epoch, .offset = offset}, {offset, 1000, {text}}};
    }
    std::vector<errc> put(std::vector<append> batch)
    {
        std::vector<errc> codes;
        store.submit(std::move(batch), [&](const std::vector<append_outcome>& outcomes) {
            std::ranges::transform(outcomes, std::back_inserter(codes), &append_outcome::code);
        });
        store.complete();
        return codes;
    }
    errc put(const append& one) { return put(std::vector{one}).at(0); }
    void fill(const std::string& rid, std::uint64_t last, const std::string& text = "x")
    {
        for (std::uint64_t offset = 1; offset <= last; ++offset)
            ASSERT_EQ(put(entry(rid, offset, text)), errc::ok);
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
