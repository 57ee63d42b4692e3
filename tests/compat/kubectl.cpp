#include "tests/compat/kubectl.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "api/base/text.h"
#include "api/schema/json.h"

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

std::unique_ptr<MusterProcess>& server() {
  static std::unique_ptr<MusterProcess> process;
  return process;
}

class EndServer : public ::testing::Environment {
 public:
  void TearDown() override { server().reset(); }
};
[[maybe_unused]] const ::testing::Environment* const end_server = ::testing::AddGlobalTestEnvironment(new EndServer);

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

MusterProcess& shared_server() {
  if (server() == nullptr) {
    server() = std::make_unique<MusterProcess>();
    server()->start_dev({"--driver", "simulated", "--agents", "2"});
  }
  return *server();
}

void KubectlTest::SetUp() {
  const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
  // "Objects/KubectlTest.name/kubectl_1_27_0" as a name of a namespace.
  namespace_ = to_lower(str("k", minor(), "-", test->name()).substr(0, 55));
  for (char& letter : namespace_) {
    if (letter == '_' || letter == '/') letter = '-';
  }
  while (namespace_.back() == '-') namespace_.pop_back();
  shared_server().apply(str("apiVersion: v1\nkind: Namespace\nmetadata: {name: ", namespace_, "}\n"));
}

Command KubectlTest::command(const Command& arguments) const {
  Command all{GetParam().path, "--kubeconfig", shared_server().data() + "/kubeconfig", "--namespace", namespace_};
  all.insert(all.end(), arguments.begin(), arguments.end());
  return all;
}

Environment KubectlTest::environment(const Environment& more) const {
  Environment all{{"HOME", home_.path()}, {"KUBECONFIG", ""}, {"KUBECTL_EXTERNAL_DIFF", ""}, {"KUBECACHEDIR", ""}};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

Ran KubectlTest::run(const Command& arguments, const std::string& input, const Environment& more) const {
  return run_program(command(arguments), environment(more), input);
}

std::string KubectlTest::must(const Command& arguments, const std::string& input, const Environment& more) const {
  const Ran ran = run(arguments, input, more);
  EXPECT_EQ(ran.code, 0) << "kubectl " << join(arguments, " ") << "\n" << ran.out << ran.err;
  return ran.out;
}

void KubectlTest::refused(const Command& arguments, const std::string& words, const std::string& input) const {
  const Ran ran = run(arguments, input);
  EXPECT_EQ(ran.code, 1) << "kubectl " << join(arguments, " ") << "\n" << ran.out << ran.err;
  EXPECT_NE(ran.err.find(words), std::string::npos) << "kubectl " << join(arguments, " ") << "\n" << ran.out << ran.err;
}

std::unique_ptr<BackgroundProcess> KubectlTest::start(const Command& arguments) const {
  return std::make_unique<BackgroundProcess>(command(arguments), environment({}));
}

std::string KubectlTest::file(const std::string& name, const std::string& text) const {
  std::string path = home_ / name;
  write_text(path, text);
  return path;
}

std::string KubectlTest::definition(const std::string& name, const std::string& labels) {
  return str("apiVersion: muster.dev/v1beta1\nkind: TaskDefinition\nmetadata: {name: ", name, ", labels: ", labels,
             "}\nspec:\n  containerDefinitions:\n  - {name: app, image: busybox, memory: 16}\n---\n");
}

std::string KubectlTest::service(const std::string& name, int desired, const std::string& labels) {
  return str("apiVersion: muster.dev/v1beta1\nkind: Service\nmetadata: {name: ", name, ", labels: ", labels,
             "}\nspec:\n  taskDefinition: ", name, "\n  desiredCount: ", desired, "\n---\n");
}

void KubectlTest::create_service(const std::string& name, int desired, const std::string& labels) const {
  must({"create", "-f", "-"}, definition(name, labels) + service(name, desired, labels));
}

std::string kubectl_name(const ::testing::TestParamInfo<KubectlBinary>& info) {
  return str("kubectl_1_", info.param.minor, "_", info.index);
}

}  // namespace muster::testing
