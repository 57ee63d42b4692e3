// What the task metadata endpoint must remember for as long as its containers live: their addresses stand in their
// environment and cannot be changed there.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "api/base/error.h"
#include "runtime/base/random.h"

namespace muster::agent::metadata {

struct Record {
  std::string key;  // 64 hex digits; with it the ids of all containers can be told, so it is never shown
  int port = 0;     // 0: none yet
  bool operator==(const Record&) const = default;
};

// DATA-DIR/metadata.json (0600). A new key where there is none, or none that can be read; with an empty folder nothing
// is kept.
Result<Record> load_record(const std::string& data_dir, Random& random);
Status save_record(const std::string& data_dir, const Record& record);

// The last part of a container's address: the task's uid, which is no secret, and 128 bits that nobody can tell
// without the key.
std::string endpoint_id(const Record& record, std::string_view task_uid, std::string_view container);
// The uid in it; nothing when it is no id at all.
std::optional<std::string> task_of(std::string_view endpoint_id);
// Takes the same time wherever they differ.
bool same_id(std::string_view left, std::string_view right);

}  // namespace muster::agent::metadata
