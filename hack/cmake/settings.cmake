# Compiler, linker and packages: what is the same for every target.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

find_program(MUSTER_CCACHE ccache)
if(MUSTER_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${MUSTER_CCACHE})
endif()

find_program(MUSTER_MOLD mold)
find_program(MUSTER_LLD ld.lld)
if(MUSTER_MOLD)
  add_link_options(-fuse-ld=mold)
elseif(MUSTER_LLD)
  add_link_options(-fuse-ld=lld)
endif()

add_compile_options(-Wall -Wextra -Wpedantic -Werror -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wcast-qual
                    -Wextra-semi -Wimplicit-fallthrough)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_compile_options(-Wsuggest-override -Wduplicated-cond -Wlogical-op)
  if(MUSTER_SANITIZE MATCHES "thread")
    add_compile_options(-Wno-tsan)  # Asio uses atomic_thread_fence
  endif()
endif()
if(MUSTER_SANITIZE)
  add_compile_options(-fsanitize=${MUSTER_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${MUSTER_SANITIZE})
endif()
if(MUSTER_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
  add_link_options(-fsanitize=fuzzer-no-link)
endif()

# The prometheus-cpp package looks for CURL and ZLIB even when only its core is used; its development package has both.
find_package(Threads REQUIRED)
find_package(Boost 1.81 EXACT REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(OpenSSL 3 REQUIRED)
find_package(ZLIB REQUIRED)
find_package(prometheus-cpp CONFIG REQUIRED)
link_libraries(Threads::Threads)

# Objects are made on one thread and freed on another, which is what glibc's malloc is slowest at: with jemalloc the
# server takes two thirds of the CPU (tests/bench/README.md). Linked into the programs, not into the libraries; a
# sanitizer brings its own.
add_library(muster_allocator INTERFACE)
option(MUSTER_JEMALLOC "Link jemalloc where it is installed" ON)
if(MUSTER_JEMALLOC AND NOT MUSTER_SANITIZE AND NOT MUSTER_FUZZ)
  find_library(MUSTER_JEMALLOC_LIBRARY libjemalloc_pic.a)
  if(MUSTER_JEMALLOC_LIBRARY)
    target_link_libraries(muster_allocator INTERFACE ${MUSTER_JEMALLOC_LIBRARY} ${CMAKE_DL_LIBS} m)
  else()
    message(STATUS "libjemalloc-dev is not installed: the C library's malloc is used")
  endif()
endif()

# Beast and Asio compiled once (runtime/http/beast.cpp), not in every file that includes them.
add_library(muster_boost INTERFACE)
target_link_libraries(muster_boost INTERFACE Boost::headers)
target_compile_definitions(muster_boost INTERFACE BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION
                                                  BOOST_ASIO_NO_DEPRECATED)
