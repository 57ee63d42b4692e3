#include "tests/bench/load/muster_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <thread>

#include "api/base/text.h"
#include "runtime/base/file.h"
#include "runtime/base/loop.h"

namespace muster::bench {
namespace {

constexpr Duration ready_patience = std::chrono::seconds(30);
constexpr Duration end_patience = std::chrono::seconds(10);
constexpr std::size_t proc_bytes = 64U << 10U;

Error failure(std::string_view what) {
  return {Code::unavailable, std::string(what), {}};
}

// The rest of the first line that begins with these words and arrives in time; empty when none does.
std::string line_after(int descriptor, const std::string& words) {
  const Duration deadline = system_monotonic() + ready_patience;
  std::string line = "\n";
  while (system_monotonic() < deadline) {
    pollfd wanted{descriptor, POLLIN, 0};
    if (poll(&wanted, 1, 100) <= 0) continue;
    std::array<char, 512> buffer{};
    const ssize_t got = read(descriptor, buffer.data(), buffer.size());
    if (got <= 0) return {};
    line.append(buffer.data(), static_cast<std::size_t>(got));
    const std::size_t begin = line.find("\n" + words);
    const std::size_t end = begin == std::string::npos ? begin : line.find('\n', begin + 1);
    if (end != std::string::npos) return line.substr(begin + 1 + words.size(), end - begin - 1 - words.size());
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<MusterProcess>> MusterProcess::start(const std::string& program, std::vector<std::string> words,
                                                            const std::string& folder) {
  std::array<int, 2> out{};
  if (pipe2(out.data(), O_CLOEXEC) != 0) return failure("no pipe");
  words.insert(words.begin(), program);
  for (const std::string& word :
       {std::string("--data-dir"), folder + "/data", std::string("--listen"), std::string("127.0.0.1:0"),
        std::string("--insecure-listen"), std::string("127.0.0.1:0")}) {
    words.push_back(word);
  }
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const std::string log = folder + "/log";
  const std::string config = folder + "/config";
  const pid_t parent = getpid();
  const Duration begin = system_monotonic();
  const pid_t pid = fork();
  if (pid < 0) return failure("no process");
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(1);
    setenv("MUSTER_CONFIG", config.c_str(), 1);
    const int file = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    dup2(out[1], STDOUT_FILENO);
    dup2(file, STDERR_FILENO);
    execv(program.c_str(), arguments.data());
    _exit(127);
  }
  close(out[1]);
  std::unique_ptr<MusterProcess> process(new MusterProcess(pid));
  process->url_ = line_after(out[0], "insecure ");
  process->ready_after_ = system_monotonic() - begin;
  close(out[0]);
  if (process->url_.empty()) return failure(str(program, " did not become ready; see ", log));
  return process;
}

MusterProcess::~MusterProcess() {
  kill(pid_, SIGTERM);
  const Duration deadline = system_monotonic() + end_patience;
  while (system_monotonic() < deadline) {
    if (waitpid(pid_, nullptr, WNOHANG) == pid_) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

int MusterProcess::port() const {
  return static_cast<int>(parse_int(url_.substr(url_.rfind(':') + 1)).value_or(0));
}

double MusterProcess::cpu_seconds() const {
  const auto text = read_file(str("/proc/", pid_, "/stat"), proc_bytes);
  if (!text.ok()) return 0;
  // The program's name, in brackets, may hold anything; utime and stime are the 12th and 13th words after it.
  const std::vector<std::string_view> words = split(std::string_view(*text).substr(text->rfind(')') + 2), ' ');
  if (words.size() < 13) return 0;
  const auto ticks = parse_int(words[11]).value_or(0) + parse_int(words[12]).value_or(0);
  return static_cast<double>(ticks) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

double MusterProcess::status_mib(const char* field) const {
  const auto text = read_file(str("/proc/", pid_, "/status"), proc_bytes);
  if (!text.ok()) return 0;
  const std::size_t found = text->find(field);
  return found == std::string::npos
             ? 0
             : std::strtod(text->c_str() + found + std::string_view(field).size(), nullptr) / 1024;
}

double MusterProcess::rss_mib() const {
  return status_mib("VmRSS:");
}

double MusterProcess::peak_rss_mib() const {
  return status_mib("VmHWM:");
}

}  // namespace muster::bench
