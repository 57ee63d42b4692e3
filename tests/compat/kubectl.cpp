#include "tests/compat/kubectl.h"

#include "api/base/text.h"

namespace muster::testing {
namespace {

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
