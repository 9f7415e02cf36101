// The log beside the file of class database: how long it gets.
#include "test/unit/backend/history/disk.hpp"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <chrono>
#include <filesystem>
#include <optional>

namespace citron::backend {
namespace {

using namespace test;
using std::chrono::milliseconds;

/// Another connection that is in the middle of a read until it goes.
class reader
{
public:
    explicit reader(const std::string& path)
        : file_(path, SQLite::OPEN_READWRITE), rooms_(file_, "SELECT rid FROM rooms")
    {
        rooms_.executeStep();
    }

private:
    SQLite::Database file_;
    SQLite::Statement rooms_;
};

struct DatabaseLog : ::testing::Test
{
    [[nodiscard]] std::uintmax_t size() const { return std::filesystem::file_size(d.file().path + "-wal"); }
    void start(std::uint64_t pages)
    {
        auto options = d.file();
        options.log_pages = pages;
        file.emplace(options);
        open(*file, "a");
    }
    void fill_it()
    {
        for (int i = 0; i < 10'000 && !file->log_is_long(); ++i)
            put(*file, said("a"));
    }

    disk d;
    std::optional<database> file;
};

TEST_F(DatabaseLog, BeginsAnewByItselfBehindAThousandPages)
{
    start(16'000);
    for (int i = 0; i < 120; ++i)
        fill(*file, "a", 1'000); // some ten pages or twenty

    EXPECT_LT(size(), 1'100U * 4'200U);
    EXPECT_GT(size(), 1'000U * 4'096U);
}

TEST_F(DatabaseLog, IsBegunAnewWhenNobodyReadsItAnyMore)
{
    start(100);
    std::optional<reader> other(d.file().path);
    fill_it();
    ASSERT_TRUE(file->log_is_long());

    EXPECT_FALSE(file->restart_log(milliseconds{20}));
    EXPECT_TRUE(file->log_is_long());
    const auto before = size();
    put(*file, said("a"));
    EXPECT_GT(size(), before); // it goes on

    other.reset();
    EXPECT_TRUE(file->restart_log(milliseconds{20}));
    EXPECT_FALSE(file->log_is_long());
    const auto after = size();
    for (int i = 0; i < 10; ++i)
        EXPECT_EQ(put(*file, said("a")).code, errc::ok);
    EXPECT_EQ(size(), after);
    EXPECT_FALSE(file->log_is_long());
}

TEST_F(DatabaseLog, IsNotBegunAnewInTheMiddleOfACommitOfAnother)
{
    start(100);
    fill_it();
    SQLite::Database other(d.file().path, SQLite::OPEN_READWRITE);
    other.exec("BEGIN IMMEDIATE");
    EXPECT_FALSE(file->restart_log(milliseconds{20}));

    other.exec("INSERT INTO meta VALUES('x', 1)");
    other.exec("COMMIT");
    EXPECT_TRUE(file->restart_log(milliseconds{20}));
    EXPECT_EQ(other.execAndGet("SELECT value FROM meta WHERE key='x'").getInt(), 1);
}

} // namespace
} // namespace citron::backend
