#The PURE half : what a simulation links.
file(GLOB connector_sources CONFIGURE_DEPENDS connector/*.cpp)
list(FILTER connector_sources EXCLUDE REGEX "/main\\.cpp$")
add_library(frontend_core STATIC
  address_list.cpp
  admission.cpp
  digest.cpp
  drain.cpp
  forwarded.cpp
  gate/entry_choice.cpp
  gate/gate.cpp
  gate/gate_handler.cpp
  gatekeeper.cpp
  handshake.cpp
  identity/grant.cpp
  identity/key_ring.cpp
  identity/token_verifier.cpp
  identity/verification_key.cpp
  outbox.cpp
  proxy_header.cpp
  retry_advice.cpp
  session_service.cpp
  session_service_requests.cpp
  web_root.cpp
  websocket_frame.cpp
  websocket_reader.cpp
  wheel.cpp
  ${connector_sources})
target_link_libraries(frontend_core PUBLIC cluster_core OpenSSL::Crypto PRIVATE ${CJOSE})
target_precompile_headers(frontend_core REUSE_FROM protocol)

# TLS without a socket.
if(TARGET runtime)
  add_library(frontend_tls STATIC tls_identity.cpp tls_session.cpp)
  target_link_libraries(frontend_tls PUBLIC runtime OpenSSL::SSL)
endif()

# The sockets. Beast is in listener.cpp and upgrade.cpp, and nowhere else.
if(TARGET runtime AND TARGET cluster)
  add_library(frontend_shell STATIC arrival.cpp connection_arrival.cpp connection_tls.cpp frontend.cpp identity/key_files.cpp listener.cpp
    upgrade.cpp web_files.cpp websocket.cpp)
  target_compile_definitions(frontend_shell PUBLIC BOOST_BEAST_SEPARATE_COMPILATION)
  target_link_libraries(frontend_shell PUBLIC frontend_core frontend_tls runtime cluster)

  foreach(server gate connector)
    if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${server}/main.cpp)
      add_executable(citron-${server} ${server}/main.cpp)
      target_link_libraries(citron-${server} PRIVATE frontend_shell)
    endif()
  endforeach()
endif()
