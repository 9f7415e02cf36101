# The PURE half: no socket, no clock. The simulation links this.
add_library(broker_core STATIC admission.cpp departed.cpp gathering.cpp home_store.cpp outgoing.cpp parking.cpp peer_queue.cpp registry.cpp switchboard.cpp)
target_link_libraries(broker_core PUBLIC cluster_core protocol)
target_precompile_headers(broker_core REUSE_FROM protocol)

# The I/O shell.
if(TARGET cluster AND TARGET runtime)
  add_library(broker_shell STATIC broker.cpp gatekeeper.cpp tap.cpp)
  target_link_libraries(broker_shell PUBLIC broker_core cluster runtime)
  add_executable(citron-broker main.cpp)
  target_link_libraries(citron-broker PRIVATE broker_shell)
endif()
