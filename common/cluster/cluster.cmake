add_library(cluster STATIC cluster/link.cpp cluster/zmq_stream.cpp)
target_link_libraries(cluster PUBLIC cluster_core runtime PRIVATE PkgConfig::ZMQ)
