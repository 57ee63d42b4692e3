// Acknowledged, durable writes: each writer keeps one connection and one request under way. The same run measures what
// the disk gives to one who appends and syncs, before and after.
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "runtime/base/loop.h"
#include "tests/bench/load/figures.h"
#include "tests/bench/load/lease.h"
#include "tests/bench/load/muster_process.h"
#include "tests/bench/load/options.h"
#include "tests/bench/load/raw_client.h"

namespace muster::bench {
namespace {

constexpr Duration baseline_time = std::chrono::seconds(1);
constexpr Duration warm_up = std::chrono::seconds(1);

double microseconds(Duration duration) {
  return std::chrono::duration<double, std::micro>(duration).count();
}

// Appends of one object, each made durable, one after the other.
Status measure_disk(const LoadOptions& options, const char* rate, const char* p50, const char* p99) {
  const std::string path = options.data_dir + "/baseline";
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0) return Error{Code::unavailable, "no file for the baseline", {}};
  const std::string bytes(options.object_bytes, 'x');
  std::vector<double> taken;
  const Duration begin = system_monotonic();
  Duration now = begin;
  while (now - begin < baseline_time) {
    if (write(file, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()) || fdatasync(file) != 0) {
      close(file);
      return Error{Code::unavailable, "the disk of the baseline fails", {}};
    }
    const Duration end = system_monotonic();
    taken.push_back(microseconds(end - now));
    now = end;
  }
  close(file);
  unlink(path.c_str());
  print_figure(rate, static_cast<double>(taken.size()) / std::chrono::duration<double>(now - begin).count());
  print_figure(p50, quantile(taken, 0.5));
  print_figure(p99, quantile(taken, 0.99));
  return {};
}

enum class Kind { create, update };

class Writers {
 public:
  Writers(const LoadOptions& options, Kind kind) : options_(options), kind_(kind), writers_(options.writers) {}

  Status run(int port) {
    TRY_VOID(client_.connect(port, writers_.size()));
    for (std::size_t i = 0; i < writers_.size(); ++i) TRY_VOID(next(i));
    TRY_VOID(run_for(warm_up));
    taken_.clear();
    const Duration begin = system_monotonic();
    TRY_VOID(run_for(options_.measured));
    elapsed_ = system_monotonic() - begin;
    return {};
  }

  double rate() const { return static_cast<double>(taken_.size()) / std::chrono::duration<double>(elapsed_).count(); }
  std::vector<double>& taken() { return taken_; }

 private:
  struct Writer {
    Duration sent{};
    std::size_t number = 0;
    std::string revision;  // of the object it updates; empty: it creates the next one
  };

  Status next(std::size_t index) {
    Writer& writer = writers_[index];
    const bool creates = kind_ == Kind::create || writer.revision.empty();
    const std::string name = str(kind_ == Kind::create ? "new-" : "kept-", index, '-', creates ? writer.number : 0);
    const std::string body = lease_json(name, writer.revision, str(writer.number), options_.object_bytes);
    const std::string request =
        creates ? http_request("POST", leases_path, body) : http_request("PUT", str(leases_path, '/', name), body);
    ++writer.number;
    if (kind_ == Kind::update && creates) writer.number = 1;
    writer.sent = system_monotonic();
    return client_.send(index, request);
  }

  Status answered(std::size_t index, const RawAnswer& answer) {
    if (answer.status != 200 && answer.status != 201) {
      return Error{
          Code::unavailable, str("a write was answered ", answer.status, ": ", answer.body.substr(0, 300)), {}};
    }
    taken_.push_back(microseconds(system_monotonic() - writers_[index].sent) / 1'000);
    if (kind_ == Kind::update) {
      constexpr std::string_view field = R"("resourceVersion":")";
      const std::size_t found = answer.body.find(field);
      if (found == std::string_view::npos) return Error{Code::internal, "an answer without a resourceVersion", {}};
      const std::string_view rest = answer.body.substr(found + field.size());
      writers_[index].revision = rest.substr(0, rest.find('"'));
    }
    return next(index);
  }

  Status run_for(Duration time) {
    const Duration end = system_monotonic() + time;
    Status failed;
    while (failed.ok() && system_monotonic() < end) {
      TRY_VOID(client_.wait(std::chrono::seconds(1), [&](std::size_t index, std::string_view kept) {
        const RawAnswer answer = read_answer(kept);
        if (answer.bytes > 0 && failed.ok()) failed = answered(index, answer);
        return answer.bytes;
      }));
    }
    return failed;
  }

  const LoadOptions& options_;
  Kind kind_;
  RawClient client_;
  std::vector<Writer> writers_;
  std::vector<double> taken_;  // milliseconds
  Duration elapsed_{};
};

Status measure_writes(const LoadOptions& options, const MusterProcess& server, Kind kind) {
  const double cpu = server.cpu_seconds();
  Writers writers(options, kind);
  TRY_VOID(writers.run(server.port()));
  const std::string name = kind == Kind::create ? "creates" : "updates";
  const double used = server.cpu_seconds() - cpu;
  print_figure(str(name, "_per_second").c_str(), writers.rate());
  print_figure(str(name, "_p50_ms").c_str(), quantile(writers.taken(), 0.5));
  print_figure(str(name, "_p99_ms").c_str(), quantile(writers.taken(), 0.99));
  print_figure(str(name, "_max_ms").c_str(), quantile(writers.taken(), 1));
  // The warm-up is in the CPU time, so it is in the time as well.
  const double whole = std::chrono::duration<double>(options.measured + warm_up).count();
  print_figure(str(name, "_server_cores").c_str(), used / whole);
  return {};
}

}  // namespace

Status run_writes(const LoadOptions& options) {
  TRY_VOID(measure_disk(options, "fdatasync_per_second_before", "fdatasync_p50_us_before", "fdatasync_p99_us_before"));
  {
    TRY(const auto server, MusterProcess::start(options.muster, {"server"}, options.data_dir));
    print_figure("writers", static_cast<double>(options.writers));
    print_figure("object_bytes",
                 static_cast<double>(lease_json("kept-10-0", "1000000", "1000", options.object_bytes).size()));
    TRY_VOID(measure_writes(options, *server, Kind::create));
    TRY_VOID(measure_writes(options, *server, Kind::update));
    print_figure("server_peak_rss_mib", server->peak_rss_mib());
  }
  return measure_disk(options, "fdatasync_per_second_after", "fdatasync_p50_us_after", "fdatasync_p99_us_after");
}

}  // namespace muster::bench
