#include "api/schema/repeated.h"

#include <string_view>
#include <unordered_map>

#include "api/base/limits.h"
#include "api/schema/path.h"

namespace muster {
namespace {

void drop_from(Node& map, const Path& path, std::vector<std::string>& dropped) {
  std::unordered_map<std::string_view, std::size_t> last;
  last.reserve(map.members.size());
  for (std::size_t i = 0; i < map.members.size(); ++i) last[map.members[i].first] = i;
  if (last.size() == map.members.size()) return;
  std::vector<std::size_t> kept;
  for (std::size_t i = 0; i < map.members.size(); ++i) {
    const std::string& name = map.members[i].first;
    if (last.at(name) == i) {
      kept.push_back(i);
    } else if (dropped.size() < limits::causes) {
      dropped.push_back(path.field(name).text());
    }
  }
  std::vector<std::pair<std::string, Node>> members;
  members.reserve(kept.size());
  for (const std::size_t i : kept) members.push_back(std::move(map.members[i]));
  map.members = std::move(members);
}

void drop(Node& node, const Path& path, std::vector<std::string>& dropped) {
  drop_from(node, path, dropped);
  for (auto& [name, value] : node.members) drop(value, path.field(name), dropped);
  for (std::size_t i = 0; i < node.items.size(); ++i) drop(node.items[i], path.item(i), dropped);
}

}  // namespace

std::vector<std::string> drop_repeated(Node& document) {
  std::vector<std::string> dropped;
  drop(document, Path::root(""), dropped);
  return dropped;
}

}  // namespace muster
