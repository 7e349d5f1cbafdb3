# plumb_library(NAME SOURCES ... [LINKS ...]): one static library per folder, warnings on, includes from the top.
function(plumb_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
  add_library(plumb_${name} STATIC ${ARG_SOURCES})
  plumb_compile_options(plumb_${name})
  target_link_libraries(plumb_${name} PUBLIC ${ARG_LINKS})
endfunction()

function(plumb_compile_options target)
  target_include_directories(${target} PUBLIC ${PROJECT_SOURCE_DIR})
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Wconversion
                                           -Wno-sign-conversion -Wno-missing-field-initializers)
  if(PLUMB_SANITIZE)
    target_compile_options(${target} PUBLIC -fsanitize=${PLUMB_SANITIZE} -fno-omit-frame-pointer
                                            -fno-sanitize-recover=all)
    target_link_options(${target} PUBLIC -fsanitize=${PLUMB_SANITIZE})
  endif()
endfunction()

# plumb_test(NAME LABEL label SOURCES ... [LINKS ...]): a GoogleTest program whose tests ctest sees one by one.
function(plumb_test name)
  cmake_parse_arguments(ARG "SERIAL" "LABEL;TIMEOUT" "SOURCES;LINKS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  plumb_compile_options(${name})
  target_compile_options(${name} PRIVATE -O1)  # tests are compiled more often than they run
  target_link_libraries(${name} PRIVATE ${ARG_LINKS} GTest::gmock GTest::gtest_main)
  set(properties LABELS ${ARG_LABEL} TIMEOUT ${ARG_TIMEOUT})
  if(ARG_SERIAL)
    list(APPEND properties RUN_SERIAL TRUE)
  endif()
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST PROPERTIES ${properties})
endfunction()
