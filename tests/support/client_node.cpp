#include "tests/support/client_node.h"

#include <cstdlib>
#include <filesystem>

#include "api/base/text.h"
#include "tests/support/source_dir.h"

namespace muster::testing {
namespace {

namespace fs = std::filesystem;

std::string install_folder() {
  const char* named = std::getenv("MUSTER_CLIENT_NODE_DIR");
  return named != nullptr ? named : (fs::temp_directory_path() / "muster-client-node").string();
}

fs::path sources() {
  return source_dir() / "tests/compat/client-node";
}

// By a shell, for which a program that is not there is no failure of the test. It has three minutes.
Ran shell(const std::string& line) {
  BackgroundProcess process({"timeout", "170", "sh", "-c", line}, {});
  const int code = process.wait(std::chrono::minutes(3));
  return {code, process.out(), process.err()};
}

// Why there is nothing to run; empty when all is there. The installation is kept and made anew for another lock file.
std::string install() {
  const Ran version = shell("node --version");
  if (version.code != 0) return "there is no node on PATH";
  const std::int64_t major = parse_int(version.out.substr(1, version.out.find('.') - 1)).value_or(0);
  if (major < 18) return str("node ", trim(version.out), " is older than 18");
  const std::string folder = install_folder();
  const std::string lock = read_text(sources() / "package-lock.json");
  const std::string mark = folder + "/installed";
  std::error_code error;
  fs::create_directories(folder, error);
  for (const auto& file : fs::directory_iterator(sources(), error)) {
    fs::copy_file(file.path(), fs::path(folder) / file.path().filename(), fs::copy_options::overwrite_existing, error);
  }
  if (read_text(mark) == lock) return "";
  const Ran ran = shell("cd '" + folder + "' && npm ci --ignore-scripts --no-audit --no-fund --fetch-retries=1");
  if (ran.code != 0) return "npm ci could not install the packages: " + ran.err.substr(0, 500);
  write_text(mark, lock);
  return "";
}

}  // namespace

const std::string& client_node_absent() {
  static const std::string reason = install();
  return reason;
}

std::vector<std::string> client_node_rows() {
  const Ran ran = run_program({"node", install_folder() + "/rows.mjs", "--list"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  std::vector<std::string> out;
  for (const std::string_view each : split(ran.out, '\n')) {
    if (!each.empty()) out.emplace_back(each);
  }
  return out;
}

void run_client_node_row(const MusterProcess& server, const std::string& row, const Environment& environment) {
  std::string ns = "node-" + row;
  for (char& letter : ns) letter = letter == '_' ? '-' : letter;
  server.apply(str("apiVersion: v1\nkind: Namespace\nmetadata: {name: ", ns, "}\n"));
  BackgroundProcess node({"node", install_folder() + "/rows.mjs", server.data() + "/kubeconfig", ns, row}, environment);
  // A row waits for what must come as long as a test does, and there may be several such in one.
  const int code = node.wait(3 * patience);
  EXPECT_EQ(code, 0) << row << ": " << node.out() << node.err();
}

}  // namespace muster::testing
