// The one name for Asio. <utility> first: Boost 1.74 forgets it with C++23.
#pragma once

#include <utility>

#include <boost/asio/io_context.hpp>

namespace citron {
namespace net = boost::asio;
} // namespace citron
