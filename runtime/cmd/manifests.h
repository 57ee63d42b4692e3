// Manifests from files, folders and standard input.
#pragma once

#include <string>
#include <vector>

#include "api/base/error.h"
#include "api/schema/decode.h"
#include "api/types/kinds.h"

namespace muster::cmd {

struct Manifest {
  std::shared_ptr<Object> object;
  Node node;           // as it is written, with apiVersion, kind and the namespace: no defaults filled in
  std::string source;  // "web.yaml"
};

// Everything in the files, folders (*.yaml, *.yml, *.json, sorted) and "-" (standard input): YAML documents, JSON,
// lists, and ECS task definitions. All findings of all files at once; nothing is sent when there is one. Ordered so
// that what is referred to comes first. `default_ns` goes into namespaced objects that name none.
Result<std::vector<Manifest>> load_manifests(const std::vector<std::string>& paths, const std::string& default_ns,
                                             std::vector<Warning>& warnings);

}  // namespace muster::cmd
