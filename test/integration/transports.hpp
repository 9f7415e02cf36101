// The two ways between processes of one host, for tests that hold on either.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

namespace citron::test {

enum class way
{
    tcp,
    ipc,
};

inline std::string any_name()
{
    static int names = 0;
    return "ipc://@citron-test-" + std::to_string(::getpid()) + "-" + std::to_string(++names);
}

/// To bind to; the real one is what the socket says afterwards.
inline std::string any_endpoint(way by)
{
    return by == way::tcp ? "tcp://127.0.0.1:*" : any_name();
}

/// Where nobody listens.
inline std::string dead_endpoint(way by)
{
    return by == way::tcp ? "tcp://127.0.0.1:1" : any_name();
}

inline const auto both_ways = testing::Values(way::tcp, way::ipc);

inline std::string name_of(const testing::TestParamInfo<way>& info)
{
    return info.param == way::tcp ? "tcp" : "ipc";
}

} // namespace citron::test
