// A conf folder of its own for one test, gone afterwards.
#pragma once

#include "test/unit/temporary_folder.hpp"

#include <filesystem>
#include <fstream>
#include <string>

namespace citron::runtime::test {

struct conf_folder : citron::test::temporary_folder
{
    conf_folder() { std::filesystem::create_directory(conf); }

    void write(const std::string& name, const std::string& text) const { std::ofstream(conf / name) << text; }
    /// A file of servers.json with this as its development section.
    void servers(const std::string& development) const
    {
        write("servers.json", "{\"development\": {" + development + "}}");
    }

    std::filesystem::path conf = root / "conf";
};

inline const std::string broker = R"("broker": [{"id": "broker-1", "host": "127.0.0.1", "port": 5550}])";

} // namespace citron::runtime::test
