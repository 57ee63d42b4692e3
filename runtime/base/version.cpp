#include "runtime/base/version.h"

#ifndef MUSTER_VERSION
#define MUSTER_VERSION "0.0.0"
#endif
#ifndef MUSTER_REVISION
#define MUSTER_REVISION "unknown"
#endif

namespace muster {

std::string_view version() {
  return MUSTER_VERSION;
}

std::string_view build_revision() {
  return MUSTER_REVISION;
}

std::string_view compiler() {
#if defined(__clang__)
  return "clang++ " __clang_version__;
#else
  return "g++ " __VERSION__;
#endif
}

std::string_view machine() {
#if defined(__x86_64__)
  return "amd64";
#elif defined(__aarch64__)
  return "arm64";
#else
  return "unknown";
#endif
}

}  // namespace muster
