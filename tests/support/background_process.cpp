#include "tests/support/background_process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <fstream>
#include <map>
#include <sstream>
#include <thread>

namespace muster::testing {
namespace {

constexpr std::chrono::milliseconds interval{10};

std::vector<std::string> merged_environment(const Environment& changes) {
  std::map<std::string, std::string> all;
  for (char** entry = ::environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    const std::size_t equals = text.find('=');
    all[text.substr(0, equals)] = text.substr(equals + 1);
  }
  for (const auto& [name, value] : changes) all[name] = value;
  std::vector<std::string> lines;
  for (const auto& [name, value] : all) lines.push_back(name + "=" + value);
  return lines;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> all;
  for (std::string& string : strings) all.push_back(string.data());
  all.push_back(nullptr);
  return all;
}

}  // namespace

bool eventually(const std::function<bool()>& condition, std::chrono::milliseconds limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(interval);
  }
  return true;
}

BackgroundProcess::BackgroundProcess(const Command& command, const Environment& environment, const std::string& input) {
  write_text(folder_ / "in", input);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 0, (folder_ / "in").c_str(), O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, 1, (folder_ / "out").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  posix_spawn_file_actions_addopen(&files, 2, (folder_ / "err").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  std::vector<std::string> words = command;
  std::vector<std::string> lines = merged_environment(environment);
  const int error =
      ::posix_spawnp(&pid_, command[0].c_str(), &files, nullptr, pointers(words).data(), pointers(lines).data());
  posix_spawn_file_actions_destroy(&files);
  if (error != 0) {
    ADD_FAILURE() << "cannot run " << command[0] << ": " << std::strerror(error);
    ended_ = true;
    code_ = 127;
  }
}

BackgroundProcess::~BackgroundProcess() {
  if (!running()) return;
  signal(SIGKILL);
  wait();
}

bool BackgroundProcess::running() {
  if (ended_) return false;
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) != pid_) return true;
  ended_ = true;
  code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return false;
}

void BackgroundProcess::signal(int number) const {
  if (!ended_) ::kill(pid_, number);
}

int BackgroundProcess::wait(std::chrono::milliseconds limit) {
  if (eventually([&] { return !running(); }, limit)) return code_;
  ADD_FAILURE() << "process " << pid_ << " does not end; it says:\n" << out() << err();
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  ended_ = true;
  return -1;
}

std::string BackgroundProcess::out() const {
  return read_text(folder_ / "out");
}
std::string BackgroundProcess::err() const {
  return read_text(folder_ / "err");
}

Ran run_program(const Command& command, const Environment& environment, const std::string& input) {
  BackgroundProcess process(command, environment, input);
  Ran ran;
  ran.code = process.wait();
  ran.out = process.out();
  ran.err = process.err();
  return ran;
}

std::string read_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

void write_text(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  if (!file.flush()) ADD_FAILURE() << "cannot write " << path;
}

}  // namespace muster::testing
