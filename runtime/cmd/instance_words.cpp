#include "runtime/cmd/instance_words.h"

#include "api/base/text.h"
#include "api/types/cluster.h"
#include "api/types/node_view.h"

namespace muster::cmd {

Result<std::vector<std::string>> instance_names(const std::vector<std::string>& words) {
  std::vector<std::string> names;
  for (const std::string& word : words) {
    if (word.find('/') == std::string::npos) {
      names.push_back(word);
      continue;
    }
    TRY(const Reference reference, parse_reference({word}));
    // kubectl's word for it.
    if (reference.kind != &kind_of<ContainerInstance>() && reference.kind != &kind_of<view::Node>()) {
      return Error{Code::malformed, str(word, ": only container instances: NAME or containerinstance/NAME"), {}};
    }
    names.push_back(reference.name);
  }
  if (names.empty()) return Error{Code::malformed, "name a container instance; muster get containerinstances", {}};
  return names;
}

Status patch_instance(Session& session, const std::string& name, const std::string& patch) {
  const auto answer = session.api->json("PATCH", client::path_of(kind_of<ContainerInstance>(), {}, name), patch,
                                        "application/merge-patch+json");
  return answer.ok() ? Status() : Status(answer.error());
}

}  // namespace muster::cmd
