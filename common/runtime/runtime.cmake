add_library(runtime STATIC
  runtime/asio.cpp
  runtime/conf_reader.cpp
  runtime/config.cpp
  runtime/identity_reader.cpp
  runtime/lifecycle.cpp
  runtime/limits_reader.cpp
  runtime/log.cpp
  runtime/options.cpp
  runtime/pace.cpp
  runtime/paced_loop.cpp
  runtime/printable.cpp
  runtime/stats.cpp)
target_link_libraries(runtime PUBLIC protocol fmt::fmt Threads::Threads
  PRIVATE spdlog::spdlog nlohmann_json::nlohmann_json CLI11::CLI11)
