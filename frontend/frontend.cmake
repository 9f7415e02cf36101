# The PURE half: what a simulation links.
file(GLOB connector_sources CONFIGURE_DEPENDS connector/*.cpp)
list(FILTER connector_sources EXCLUDE REGEX "/main\\.cpp$")
add_library(frontend_core STATIC
  digest.cpp
  gate/entry_choice.cpp
  gate/gate.cpp
  gate/gate_handler.cpp
  handshake.cpp
  outbox.cpp
  session_service.cpp
  web_root.cpp
  websocket_frame.cpp
  wheel.cpp
  ${connector_sources})
target_link_libraries(frontend_core PUBLIC cluster_core OpenSSL::Crypto)
target_precompile_headers(frontend_core REUSE_FROM protocol)
