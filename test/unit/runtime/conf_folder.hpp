// A conf folder of its own for one test, gone afterwards.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

namespace citron::runtime::test {

class conf_folder
{
public:
    conf_folder()
    {
        auto name = (std::filesystem::temp_directory_path() / "citron-test-XXXXXX").string();
        if (!::mkdtemp(name.data()))
            throw std::runtime_error("no temporary folder");
        root = name;
        conf = root / "conf";
        std::filesystem::create_directory(conf);
    }
    ~conf_folder()
    {
        std::error_code ignored;
        std::filesystem::remove_all(root, ignored);
    }
    conf_folder(const conf_folder&) = delete;
    conf_folder& operator=(const conf_folder&) = delete;

    void write(const std::string& name, const std::string& text) const { std::ofstream(conf / name) << text; }
    /// A file of servers.json with this as its development section.
    void servers(const std::string& development) const
    {
        write("servers.json", "{\"development\": {" + development + "}}");
    }

    std::filesystem::path root, conf;
};

inline const std::string broker = R"("broker": [{"id": "broker-1", "host": "127.0.0.1", "port": 5550}])";

} // namespace citron::runtime::test
