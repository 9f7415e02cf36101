# The history on disk: the file, and the thread that writes it.
add_library(backend_history STATIC
  history/connection.cpp
  history/database.cpp
  history/database_pages.cpp
  history/database_trim.cpp
  history/lock_holder.cpp
  history/store.cpp)
target_link_libraries(backend_history PUBLIC protocol PRIVATE SQLiteCpp)

add_library(backend_core STATIC
  absences.cpp
  application.cpp
  backend_session.cpp
  channel.cpp
  channel_absent.cpp
  channel_repair.cpp
  channel_sends.cpp
  fallen.cpp
  channel_service.cpp
  handovers.cpp
  chat/chat_handler.cpp
  chat/chat_remote.cpp
  chat_server.cpp
  history/memory_store.cpp
  room_mover.cpp
  room_opener.cpp
  whispers.cpp)
target_link_libraries(backend_core PUBLIC backend_history cluster_core)
target_precompile_headers(backend_core REUSE_FROM protocol)

add_library(backend_shell STATIC
  history/committer.cpp
  history/durable_store.cpp
  history/store_choice.cpp
  server.cpp)
target_link_libraries(backend_shell PUBLIC backend_core cluster runtime)

add_executable(citron-chat chat/main.cpp)
target_link_libraries(citron-chat PRIVATE backend_shell)
