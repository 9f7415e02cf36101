#include "frontend/web_files.hpp"

#include "test/unit/runtime/conf_folder.hpp"

#include <gtest/gtest.h>

namespace citron::frontend {
namespace {

TEST(WebFiles, WwwIsBesideTheConfFolderHoweverThatIsWritten)
{
    const runtime::test::conf_folder folder;
    const auto www = folder.root / "www";
    std::filesystem::create_directory(www);
    std::ofstream(www / "index.html") << "<p>hi";

    EXPECT_EQ(find_www(folder.conf), www);
    EXPECT_EQ(find_www(folder.conf / ""), www);
    EXPECT_EQ(find_www(folder.conf / "."), www);
    EXPECT_EQ(find_www(folder.conf / "../conf"), www);
}

} // namespace
} // namespace citron::frontend
