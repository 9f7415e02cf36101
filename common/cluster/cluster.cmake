add_library(cluster STATIC cluster/joining.cpp cluster/key_files.cpp cluster/link.cpp cluster/this_host.cpp cluster/zmq_socket.cpp cluster/zmq_stream.cpp)
target_link_libraries(cluster PUBLIC cluster_core runtime PRIVATE PkgConfig::ZMQ)
