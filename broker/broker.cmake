# The PURE half: no socket, no clock. The simulation links this.
add_library(broker_core STATIC departed.cpp gathering.cpp peer_queue.cpp registry.cpp switchboard.cpp)
target_link_libraries(broker_core PUBLIC cluster_core protocol)
target_precompile_headers(broker_core REUSE_FROM protocol)
