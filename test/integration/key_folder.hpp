// A folder with keys for one test.
#pragma once

#include "common/cluster/zmq_stream.hpp"
#include "test/unit/temporary_folder.hpp"

#include <zmq.hpp>

#include <array>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <string_view>

namespace citron::test {

inline cluster::curve_identity new_pair()
{
    std::array<char, cluster::key_characters + 1> public_key{}, secret{};
    if (zmq_curve_keypair(public_key.data(), secret.data()) != 0)
        throw std::runtime_error("no CURVE here");
    return {public_key.data(), secret.data()};
}

struct key_folder : temporary_folder
{
    void write(const std::string& name, const std::string& text) const
    {
        std::ofstream(root / name) << text;
        std::filesystem::permissions(root / name, std::filesystem::perms(0600));
    }
    void put(const std::string& role, const cluster::curve_identity& pair) const
    {
        write(role + ".public", pair.public_key + "\n");
        write(role + ".secret", pair.secret + "\n");
    }
    [[nodiscard]] cluster::curve_identity make(const std::string& role) const
    {
        auto pair = new_pair();
        put(role, pair);
        return pair;
    }
    void make_all() const
    {
        for (const auto* role : {"broker", "gate", "connector", "chat", "monitor"})
            (void)make(role);
    }
};

} // namespace citron::test
