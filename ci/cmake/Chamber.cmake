# Targets of one folder, by the names of its files:
#   x.cc -> the folder's static library    x_test.cc  -> unit tests (ctest label "unit")
#   x_bench.cc -> Google Benchmark program  x_itest.cc -> tests against real servers (label "itest")
#   x_fuzz.cc -> one libFuzzer program each, with the preset "fuzz"
include(GoogleTest)
find_package(Threads REQUIRED)
find_package(spdlog REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(tl-expected REQUIRED)
find_package(GTest REQUIRED)
find_package(benchmark REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(PQ REQUIRED IMPORTED_TARGET libpq)
pkg_check_modules(FUSE REQUIRED IMPORTED_TARGET fuse3>=3.10)
pkg_check_modules(QUEUE REQUIRED IMPORTED_TARGET libnetfilter_queue libmnl)

option(CHAMBER_FUZZ "Build the libFuzzer targets (needs clang)" OFF)

# What every target of ours is compiled with. Per target, so that nothing leaks into what others build.
add_library(chamber_options INTERFACE)
target_compile_features(chamber_options INTERFACE cxx_std_20)
target_include_directories(chamber_options INTERFACE "${PROJECT_SOURCE_DIR}")
target_compile_options(chamber_options INTERFACE
  -Wall -Wextra -Wpedantic -Werror -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Woverloaded-virtual
  -Wcast-qual -Wundef
  # GCC 12 and 13 report std::string's own operator+ (GCC bug 105651).
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
# With a sanitizer's code in it GCC 12 takes std::regex and std::optional for uninitialised (GCC bug 105562).
if(CMAKE_CXX_FLAGS MATCHES "-fsanitize")
  target_compile_options(chamber_options INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
endif()
target_link_libraries(chamber_options INTERFACE Threads::Threads)

set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CCACHE}")
endif()

function(_chamber_tests target label)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "TIMEOUT" "SOURCES;LINKS;MAIN")
  add_executable(${target} ${arg_SOURCES})
  target_link_libraries(${target} PRIVATE chamber_options ${arg_LINKS} ${arg_MAIN})
  # Found when ctest runs, not when the target is built: a test binary may need what the build machine lacks.
  gtest_discover_tests(${target} DISCOVERY_MODE PRE_TEST WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}"
    DISCOVERY_TIMEOUT 60 PROPERTIES LABELS ${label} TIMEOUT ${arg_TIMEOUT})
endfunction()

# chamber_folder(NAME LINKS PUBLIC_DEPS... [TEST_LINKS DEPS...] [IN_CELL]) for the folder whose CMakeLists.txt calls it.
# With IN_CELL the x_itest.cc run inside process 1 of a cell (fixtures/local/in_cell.h).
function(chamber_folder name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "IN_CELL" "" "LINKS;TEST_LINKS")
  file(GLOB sources CONFIGURE_DEPENDS *.cc)
  set(tests ${sources})
  set(itests ${sources})
  set(benches ${sources})
  set(fuzzers ${sources})
  list(FILTER sources EXCLUDE REGEX "_(test|itest|bench|fuzz)\\.cc$")
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  list(FILTER itests INCLUDE REGEX "_itest\\.cc$")
  list(FILTER benches INCLUDE REGEX "_bench\\.cc$")
  list(FILTER fuzzers INCLUDE REGEX "_fuzz\\.cc$")
  if(sources)
    add_library(${name} STATIC ${sources})
    target_link_libraries(${name} PUBLIC chamber_options ${arg_LINKS})
  else()
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE chamber_options ${arg_LINKS})
  endif()
  if(tests)
    set(unit_timeout 120)
    if(CMAKE_CXX_FLAGS MATCHES "-fsanitize")
      set(unit_timeout 600)  # the thread sanitizer makes a search ten times slower
    endif()
    _chamber_tests(${name}_tests unit TIMEOUT ${unit_timeout} SOURCES ${tests} LINKS ${name} ${arg_TEST_LINKS}
      MAIN GTest::gmock_main)
  endif()
  if(itests)
    set(itest_main GTest::gmock_main)
    if(arg_IN_CELL)
      set(itest_main chamber_in_cell)
    endif()
    _chamber_tests(${name}_itests itest TIMEOUT 600 SOURCES ${itests} LINKS ${name} ${arg_TEST_LINKS}
      MAIN ${itest_main})
  endif()
  if(benches)
    add_executable(${name}_benches ${benches})
    target_link_libraries(${name}_benches PRIVATE ${name} benchmark::benchmark_main)
  endif()
  if(CHAMBER_FUZZ)
    foreach(fuzzer IN LISTS fuzzers)
      get_filename_component(stem ${fuzzer} NAME_WE)
      add_executable(${stem} ${fuzzer})
      target_compile_options(${stem} PRIVATE -fsanitize=fuzzer)
      target_link_options(${stem} PRIVATE -fsanitize=fuzzer)
      target_link_libraries(${stem} PRIVATE ${name})
    endforeach()
  endif()
endfunction()
