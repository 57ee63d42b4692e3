// The real program in a home of its own: its daemons in the background, its verbs run to their end.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "api/schema/node.h"
#include "tests/support/background_process.h"
#include "tests/support/temporary_directory.h"

namespace muster::testing {

// The value at a path of names and indexes, "status.conditions.0.reason", as text; empty when there is none.
std::string text_at(const Node& node, const std::string& path);

// A home folder with the data of one server. Daemons are started and ended by the test; those that still run when it
// ends are killed, and so are processes that the process driver started for them.
class MusterProcess {
 public:
  MusterProcess() = default;
  ~MusterProcess();
  MusterProcess(const MusterProcess&) = delete;
  MusterProcess& operator=(const MusterProcess&) = delete;

  // Runs a verb to its end. The server is that of the last start_*.
  Ran muster(const Command& arguments, const std::string& input = "") const;
  // The same; a failure of the verb is one of the test. Returns its stdout.
  std::string must(const Command& arguments, const std::string& input = "") const;

  // `muster dev`, returns when it serves. Started again it has the same data and the same address.
  void start_dev(const Command& more);
  // `muster server`, the same way.
  void start_server(const Command& more = {});
  // `muster agent`; the container instance is Connected when this returns.
  std::unique_ptr<BackgroundProcess> start_agent(const std::string& name, const Command& more);
  BackgroundProcess& daemon() { return *daemon_; }
  // SIGTERM to the server or dev; its exit code.
  int stop();
  // kill -9 of it.
  void kill();

  // Of the listener without TLS, which tests that write their requests by hand use.
  const std::string& url() const { return url_; }
  // What users are given.
  const std::string& secure_url() const { return secure_url_; }
  std::string home() const { return home_.path(); }
  std::string data() const { return data_; }
  // The data folder of the server, instead of one in the home.
  void set_data(std::string folder) { data_ = std::move(folder); }
  Environment environment() const;

  // Applies a manifest from the text.
  void apply(const std::string& manifest) const;
  // An object as it is now; null when there is none.
  Node get(const std::string& kind, const std::string& name) const;
  // All objects of a kind, of one label or of all.
  std::vector<Node> list(const std::string& kind, const std::string& selector = "") const;
  // Waits until text_at(object, path) is the value.
  ::testing::AssertionResult becomes(const std::string& kind, const std::string& name, const std::string& path,
                                     const std::string& value) const;

 private:
  void start(const std::string& verb, const Command& more);

  TemporaryDirectory home_;
  std::string data_ = home_ / "data";
  std::string url_, secure_url_;
  std::unique_ptr<BackgroundProcess> daemon_;
};

// A task definition NAME of one container "app" running a shell command, and a service of it with this many tasks.
std::string definition(const std::string& name, const std::string& shell_command, const std::string& more = "");
std::string service(const std::string& name, int desired, const std::string& more = "");

}  // namespace muster::testing
