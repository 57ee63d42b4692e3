// Takes what came from Secrets out of texts that an engine or a registry answered with: they repeat what they were
// given, and such a text goes on to logs, events and the status of tasks.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "api/base/error.h"
#include "controllers/task/configure.h"
#include "runtime/drivers/base/driver.h"

namespace muster::agent {

class Redaction {
 public:
  // In place of a value.
  static constexpr std::string_view mark = "***";

  Redaction() = default;
  explicit Redaction(const drivers::RegistryAuth& auth);
  // Values from Secrets only. Of log options the parts too: "udp://host:514" comes back as "lookup host".
  explicit Redaction(const task::Configured& configured);

  bool empty() const { return values_.empty(); }
  std::string operator()(std::string text) const;
  Error operator()(Error error) const;

 private:
  // As it stands, and as Go's %q and JSON write it.
  void add(std::string_view value);
  void add_with_parts(std::string_view value);

  // The longest first: one value may hold another.
  struct Longer {
    bool operator()(const std::string& a, const std::string& b) const {
      return a.size() != b.size() ? a.size() > b.size() : a < b;
    }
  };
  std::set<std::string, Longer> values_;
};

}  // namespace muster::agent
