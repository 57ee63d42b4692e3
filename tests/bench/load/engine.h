// The Docker Engine's API, used barely: the floor that an orchestrator's own work is measured against.
#pragma once

#include <string>

#include "api/base/error.h"
#include "runtime/client/api_client.h"

namespace muster::bench {

// One connection; for one thread.
class Engine {
 public:
  Engine(const std::string& host, std::string image) : api_(host), image_(std::move(image)) {}

  // A container on the host's network that ends at SIGTERM, as the tasks that are measured.
  Status create_and_start(const std::string& name);
  Status kill(const std::string& id);
  Status remove(const std::string& name);

 private:
  Status call(const std::string& method, const std::string& path, std::string body);

  client::ApiClient api_;
  std::string image_;
};

// The command of every container here, as JSON.
extern const char* const command_json;

}  // namespace muster::bench
