#include "tests/support/kubectl_binaries.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string_view>

#include "api/base/text.h"
#include "api/schema/json.h"
#include "tests/support/background_process.h"
#include "tests/support/temporary_directory.h"

namespace muster::testing {
namespace {

namespace fs = std::filesystem;

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string on_path(const std::string& name) {
  const std::string path = variable("PATH");
  for (const std::string_view folder : split(path, ':')) {
    std::error_code ignored;
    const fs::path file = fs::path(folder) / name;
    if (!folder.empty() && fs::is_regular_file(file, ignored)) return file.string();
  }
  return "";
}

std::vector<std::string> paths() {
  std::vector<std::string> out;
  if (std::string named = kubectls_variable(); !named.empty()) {
    std::ranges::replace(named, ':', ' ');
    for (const std::string_view each : split(named, ' ')) {
      if (each.empty()) continue;
      const bool word = each.find('/') == std::string_view::npos;
      const std::string resolved = word ? on_path(std::string(each)) : std::string();
      out.push_back(resolved.empty() ? std::string(each) : resolved);
    }
    return out;
  }
  const std::string found = on_path("kubectl");
  if (found.empty()) return out;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(fs::canonical(found, ignored).parent_path(), ignored)) {
    if (entry.path().filename().string().starts_with("kubectl.1.")) out.push_back(entry.path().string());
  }
  if (out.empty()) out.push_back(found);
  return out;
}

// Its minor version; -1 when it cannot be run.
int minor_of(const std::string& path) {
  if (!fs::exists(path)) return -1;
  const TemporaryDirectory home;
  const Ran ran = run_program({path, "version", "--client", "-o", "json"}, {{"HOME", home.path()}});
  const auto node = parse_json(ran.out);
  const Node* client = node.ok() ? node->find("clientVersion") : nullptr;
  if (client == nullptr) return -1;
  std::string minor(client->text_of("minor"));
  if (!minor.empty() && minor.back() == '+') minor.pop_back();
  return static_cast<int>(parse_int(minor).value_or(-1));
}

struct Found {
  std::vector<KubectlBinary> runnable;
  std::vector<std::string> broken;
};

const Found& found() {
  static const Found all = [] {
    Found out;
    for (const std::string& path : paths()) {
      if (const int minor = minor_of(path); minor >= 0) {
        out.runnable.push_back({path, minor});
      } else {
        out.broken.push_back(path);
      }
    }
    std::ranges::stable_sort(out.runnable, {}, &KubectlBinary::minor);
    return out;
  }();
  return all;
}

}  // namespace

std::string kubectls_variable() {
  return variable("KUBECTLS");
}

const std::vector<KubectlBinary>& kubectls() {
  return found().runnable;
}

const std::vector<std::string>& broken_kubectls() {
  return found().broken;
}

}  // namespace muster::testing
