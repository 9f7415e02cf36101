#include "frontend/web_files.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <system_error>

namespace citron::frontend {
namespace {

namespace fs = std::filesystem;

bool is_below(const fs::path& file, const fs::path& folder)
{
    const auto end = std::mismatch(folder.begin(), folder.end(), file.begin(), file.end());
    return end.first == folder.end() && end.second != file.end();
}

} // namespace

web_root::reader files_below(const fs::path& folder)
{
    std::error_code failed;
    const auto root = fs::canonical(folder, failed);
    if (failed)
        return [](const std::string&) { return std::nullopt; };
    return [root](const std::string& name) -> std::optional<std::string> {
        std::error_code wrong;
        const auto file = fs::canonical(root / name, wrong);
        if (wrong || !is_below(file, root) || !fs::is_regular_file(file, wrong))
            return std::nullopt;
        std::ifstream in(file, std::ios::binary);
        if (!in)
            return std::nullopt;
        return std::string(std::istreambuf_iterator<char>(in), {});
    };
}

fs::path find_www(const fs::path& conf_dir)
{
    std::error_code failed;
    auto conf = fs::absolute(conf_dir, failed).lexically_normal();
    if (!conf.has_filename()) // "conf/" is "conf"
        conf = conf.parent_path();
    auto beside = conf.parent_path() / "www";
    if (fs::exists(beside / "index.html", failed))
        return beside;
    const auto bin = fs::read_symlink("/proc/self/exe", failed).parent_path();
    const auto source = bin.parent_path().parent_path() / "www"; // build/bin/citron-gate
    return fs::exists(source / "index.html", failed) ? source : fs::path();
}

} // namespace citron::frontend
