// Files and descriptors of the process driver.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "api/base/error.h"

namespace muster::drivers {

// Owns one descriptor; -1 when empty.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() { reset(); }
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    if (this != &other) {
      reset();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  void reset();

 private:
  int fd_ = -1;
};

// The text of an errno value.
std::string error_text(int error);
// Code::not_found when there is none; too_large beyond 1 MiB.
Result<std::string> read_file(const std::string& path);
// Through a temporary file and a rename: a reader sees the old content or the new one, whole. Mode 0600.
Status write_file(const std::string& path, std::string_view content);
// Locks the file (made when missing) for this process and those that inherit the descriptor. Code::conflict when it is
// held elsewhere.
Result<Descriptor> lock_file(const std::string& path);

}  // namespace muster::drivers
