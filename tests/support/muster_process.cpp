#include "tests/support/muster_process.h"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>

#include "api/base/text.h"
#include "api/schema/json.h"

namespace muster::testing {
namespace {

std::string binary() {
  const char* path = std::getenv("MUSTER_BINARY");
  return path == nullptr ? "muster" : path;
}

// Ends what the process driver left running: their working folder or environment names this home.
void kill_processes_of(const std::string& home) {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", ignored)) {
    const auto pid = parse_int(entry.path().filename().string());
    if (!pid || *pid <= 1) continue;
    const std::string variables = read_text(entry.path() / "environ");
    if (variables.find("HOME=" + home) != std::string::npos) ::kill(static_cast<pid_t>(*pid), SIGKILL);
  }
}

}  // namespace

std::string text_at(const Node& node, const std::string& path) {
  const Node* at = &node;
  for (const std::string_view step : split(path, '.')) {
    const auto index = parse_int(step);
    if (at->is_list() && index && static_cast<std::size_t>(*index) < at->items.size()) {
      at = &at->items[static_cast<std::size_t>(*index)];
    } else {
      at = at->find(step);
    }
    if (at == nullptr) return "";
  }
  return at->is_string() ? at->text : write_json(*at);
}

MusterProcess::~MusterProcess() {
  daemon_.reset();
  kill_processes_of(home());
}

Environment MusterProcess::environment() const {
  Environment all{
      {"HOME", home()}, {"XDG_DATA_HOME", ""}, {"XDG_CONFIG_HOME", ""}, {"MUSTER_CONFIG", ""}, {"KUBECONFIG", ""}};
  all.emplace_back("MUSTER_SERVER", url_);
  return all;
}

Ran MusterProcess::muster(const Command& arguments, const std::string& input) const {
  Command command{binary()};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return run_program(command, environment(), input);
}

std::string MusterProcess::must(const Command& arguments, const std::string& input) const {
  const Ran ran = muster(arguments, input);
  EXPECT_EQ(ran.code, 0) << "muster " << join(arguments, " ") << "\n" << ran.out << ran.err;
  return ran.out;
}

void MusterProcess::start(const std::string& verb, const Command& more) {
  Command command{
      binary(), verb, "--data-dir", data_, "--insecure-listen", url_.empty() ? "127.0.0.1:0" : url_.substr(7)};
  // Unless the test wants another address.
  if (std::find(more.begin(), more.end(), "--listen") == more.end()) {
    command.insert(command.end(), {"--listen", secure_url_.empty() ? "127.0.0.1:0" : secure_url_.substr(8)});
  }
  command.insert(command.end(), more.begin(), more.end());
  daemon_ = std::make_unique<BackgroundProcess>(command, environment());
  const auto said = [&](const std::string& mark) {
    const std::string out = daemon_->out();
    const std::size_t begin = out.find(mark);
    const std::size_t end = begin == std::string::npos ? begin : out.find_first_of(" \n", begin + mark.size());
    return end == std::string::npos ? std::string() : out.substr(begin + mark.size(), end - begin - mark.size());
  };
  const bool ready = eventually([&] { return !said("\ninsecure ").empty() || !daemon_->running(); });
  const std::string line = daemon_->out();
  ASSERT_TRUE(ready && line.rfind("ready https://", 0) == 0) << join(command, " ") << "\n" << line << daemon_->err();
  url_ = said("\ninsecure ");
  secure_url_ = said("ready ");
}

void MusterProcess::start_dev(const Command& more) {
  start("dev", more);
}
void MusterProcess::start_server(const Command& more) {
  start("server", more);
}

std::unique_ptr<BackgroundProcess> MusterProcess::start_agent(const std::string& name, const Command& more) {
  Command command{binary(),     "agent",      "--server",         url_, "--name", name,
                  "--data-dir", home_ / name, "--metrics-listen", "off"};
  command.insert(command.end(), more.begin(), more.end());
  auto agent = std::make_unique<BackgroundProcess>(command, environment());
  EXPECT_TRUE(becomes("containerinstance", name, "status.connection", "Connected")) << agent->err();
  return agent;
}

int MusterProcess::stop() {
  daemon_->signal(SIGTERM);
  const int code = daemon_->wait();
  if (code != 0) ADD_FAILURE() << "ended with " << code << ":\n" << daemon_->err();
  return code;
}

void MusterProcess::kill() {
  daemon_->signal(SIGKILL);
  EXPECT_EQ(daemon_->wait(), 128 + SIGKILL);
}

void MusterProcess::apply(const std::string& manifest) const {
  must({"apply", "-f", "-"}, manifest);
}

Node MusterProcess::get(const std::string& kind, const std::string& name) const {
  const Ran ran = muster({"get", kind, name, "-o", "json"});
  if (ran.code != 0) return {};
  auto node = parse_json(ran.out);
  return node.ok() ? std::move(node).value() : Node();
}

std::vector<Node> MusterProcess::list(const std::string& kind, const std::string& selector) const {
  const Ran ran = muster({"get", kind, "-o", "json", "-l", selector});
  auto node = parse_json(ran.out);
  Node* items = node.ok() ? node->find("items") : nullptr;
  if (items == nullptr) {
    ADD_FAILURE() << "no list of " << kind << ": " << ran.out << ran.err;
    return {};
  }
  return std::move(items->items);
}

::testing::AssertionResult MusterProcess::becomes(const std::string& kind, const std::string& name,
                                                  const std::string& path, const std::string& value) const {
  Node last;
  const bool met = eventually([&] {
    last = get(kind, name);
    return text_at(last, path) == value;
  });
  if (met) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << kind << "/" << name << ": " << path << " is \"" << text_at(last, path)
                                       << "\", not \"" << value << "\", in\n"
                                       << write_json_pretty(last);
}

std::string definition(const std::string& name, const std::string& shell_command, const std::string& more) {
  return str("apiVersion: muster.dev/v1beta1\nkind: TaskDefinition\nmetadata: {name: ", name,
             "}\nspec:\n  containerDefinitions:\n    - name: app\n      image: muster-test:busybox\n      cpu: 16\n"
             "      memory: 16\n      command:\n        - sh\n        - -c\n        - |\n          ",
             shell_command, "\n", more, "---\n");
}

std::string service(const std::string& name, int desired, const std::string& more) {
  return str("apiVersion: muster.dev/v1beta1\nkind: Service\nmetadata: {name: ", name,
             "}\nspec:\n  taskDefinition: ", name, "\n  desiredCount: ", desired, "\n", more, "---\n");
}

}  // namespace muster::testing
