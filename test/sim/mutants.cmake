# sim_mutants: the simulation with the deliberate bugs of mutations.json in it, each behind --mutant NAME. Built on request.
# Copies of the sources that have bugs are compiled; the linker takes their objects and leaves out the libraries' own.
find_program(PYTHON3 python3 REQUIRED)
set(mutations ${CMAKE_CURRENT_LIST_DIR}/mutations.json ${CMAKE_CURRENT_LIST_DIR}/mutants.py)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${mutations})
foreach(what files names)
  execute_process(COMMAND ${PYTHON3} ${CMAKE_CURRENT_LIST_DIR}/mutants.py --${what} OUTPUT_VARIABLE ${what} COMMAND_ERROR_IS_FATAL ANY)
  string(REGEX MATCHALL "[^\n]+" ${what} "${${what}}")
endforeach()
foreach(file IN LISTS files)
  set(copy ${CMAKE_BINARY_DIR}/mutants/${file})
  add_custom_command(OUTPUT ${copy} DEPENDS ${PROJECT_SOURCE_DIR}/${file} ${mutations}
    COMMAND ${PYTHON3} ${CMAKE_CURRENT_LIST_DIR}/mutants.py --copy ${file} ${copy})
  list(APPEND copies ${copy})
endforeach()

add_executable(sim_mutants EXCLUDE_FROM_ALL ${CMAKE_CURRENT_LIST_DIR}/main.cpp ${copies})
list(JOIN names "," names)
target_compile_definitions(sim_mutants PRIVATE CITRON_MUTANTS="${names}")
target_link_libraries(sim_mutants PRIVATE sim_core SQLiteCpp OpenSSL::Crypto PkgConfig::XXHASH)
