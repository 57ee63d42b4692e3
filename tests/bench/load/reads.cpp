// What reading costs over kept-alive connections: one object, a list of many, the same as a table. Each connection asks
// again when it has been answered; nothing is sent ahead.
#include <cstdio>
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

constexpr std::size_t readers = 32;
constexpr Duration warm_up = std::chrono::milliseconds(500);
constexpr std::string_view tasks_path = "/apis/muster.dev/v1beta1/namespaces/default/tasks";
constexpr std::string_view definitions_path = "/apis/muster.dev/v1beta1/namespaces/default/taskdefinitions";
constexpr std::string_view definition =
    R"({"apiVersion":"muster.dev/v1beta1","kind":"TaskDefinition","metadata":{"name":"read"},"spec":)"
    R"({"containerDefinitions":[{"name":"main","image":"alpine","memory":64}]}})";

std::string get(std::string_view path, std::string_view accept) {
  return str("GET ", path, " HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: ", accept, "\r\n\r\n");
}

double milliseconds(Duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

class ReadLoad {
 public:
  ReadLoad(const LoadOptions& options, const MusterProcess& server) : options_(options), server_(server) {}

  Status run() {
    TRY_VOID(client_.connect(server_.port(), readers));
    TRY_VOID(ask(0, http_request("POST", leases_path, lease_json("read", "", "x", options_.object_bytes))));
    TRY_VOID(ask(0, http_request("POST", definitions_path, definition)));
    TRY_VOID(gets());
    TRY_VOID(make_tasks());
    print_figure("tasks_listed", static_cast<double>(options_.tasks));
    TRY_VOID(lists("list", "application/json"));
    return lists("table", "application/json;as=Table;v=v1;g=meta.k8s.io");
  }

 private:
  // One object by all connections at once.
  Status gets() {
    const std::string request = get(str(leases_path, "/read"), "application/json");
    for (std::size_t i = 0; i < readers; ++i) TRY_VOID(client_.send(i, request));
    TRY_VOID(go_on(request, system_monotonic() + warm_up));
    const double cpu = server_.cpu_seconds();
    const std::size_t before = answers_;
    const Duration begin = system_monotonic();
    TRY_VOID(go_on(request, begin + options_.measured));
    const double seconds = std::chrono::duration<double>(system_monotonic() - begin).count();
    const auto count = static_cast<double>(answers_ - before);
    print_figure("gets_per_second", count / seconds);
    print_figure("server_cpu_us_per_get", (server_.cpu_seconds() - cpu) * 1e6 / count);
    return drain(readers);
  }

  // Sends again on each connection that was answered, until then.
  Status go_on(const std::string& request, Duration end) {
    while (system_monotonic() < end) {
      TRY_VOID(client_.wait(std::chrono::seconds(1), [&](std::size_t connection, std::string_view kept) {
        const std::size_t done = take(kept);
        if (done > 0 && failed_.ok()) failed_ = client_.send(connection, request);
        return done;
      }));
      TRY_VOID(failed_);
    }
    return {};
  }

  Status make_tasks() {
    std::size_t next = 0, under_way = 0;
    const auto send_next = [&](std::size_t connection) {
      const std::string body = str(R"({"apiVersion":"muster.dev/v1beta1","kind":"Task","metadata":{"name":"read-)",
                                   next++, R"(","labels":{"app":"read"}},"spec":{"taskDefinition":"read"}})");
      ++under_way;
      return client_.send(connection, http_request("POST", tasks_path, body));
    };
    for (std::size_t i = 0; i < readers && next < options_.tasks; ++i) TRY_VOID(send_next(i));
    const Duration end = system_monotonic() + options_.patience;
    while (under_way > 0) {
      if (system_monotonic() > end) return Error{Code::timeout, "the tasks were not made in time", {}};
      TRY_VOID(client_.wait(std::chrono::seconds(1), [&](std::size_t connection, std::string_view kept) {
        const std::size_t done = take(kept);
        if (done == 0) return done;
        --under_way;
        if (next < options_.tasks && failed_.ok()) failed_ = send_next(connection);
        return done;
      }));
      TRY_VOID(failed_);
    }
    return {};
  }

  Status lists(const char* what, std::string_view accept) {
    const std::string request = get(tasks_path, accept);
    TRY_VOID(ask(0, request));
    print_figure(str(what, "_mib").c_str(), static_cast<double>(last_bytes_) / (1024.0 * 1024.0));
    const double cpu = server_.cpu_seconds();
    std::vector<double> taken;
    for (std::size_t i = 0; i < options_.rounds; ++i) {
      const Duration begin = system_monotonic();
      TRY_VOID(ask(0, request));
      taken.push_back(milliseconds(system_monotonic() - begin));
    }
    print_figure(str(what, "_p50_ms").c_str(), quantile(taken, 0.5));
    print_figure(str(what, "_p99_ms").c_str(), quantile(taken, 0.99));
    print_figure(str("server_cpu_ms_per_", what).c_str(),
                 (server_.cpu_seconds() - cpu) * 1e3 / static_cast<double>(options_.rounds));
    return {};
  }

  Status ask(std::size_t connection, std::string_view request) {
    TRY_VOID(client_.send(connection, request));
    return drain(1);
  }

  // Waits for so many answers more.
  Status drain(std::size_t count) {
    const std::size_t wanted = answers_ + count;
    const Duration end = system_monotonic() + options_.patience;
    while (answers_ < wanted) {
      if (system_monotonic() > end) return Error{Code::timeout, "an answer did not come", {}};
      TRY_VOID(client_.wait(std::chrono::seconds(1), [&](std::size_t, std::string_view kept) { return take(kept); }));
      TRY_VOID(failed_);
    }
    return {};
  }

  std::size_t take(std::string_view kept) {
    const RawAnswer answer = read_answer(kept);
    if (answer.bytes == 0) return 0;
    if (answer.status != 200 && answer.status != 201 && failed_.ok())
      failed_ = Error{Code::unavailable, str("answered ", answer.status, ": ", answer.body.substr(0, 300)), {}};
    last_bytes_ = answer.bytes;
    ++answers_;
    return answer.bytes;
  }

  const LoadOptions& options_;
  const MusterProcess& server_;
  RawClient client_;
  Status failed_;
  std::size_t answers_ = 0;
  std::size_t last_bytes_ = 0;
};

}  // namespace

Status run_reads(const LoadOptions& options) {
  // Without the scheduler: nobody writes what is read.
  TRY(const auto server,
      MusterProcess::start(options.muster, {"server", "--controllers", "service"}, options.data_dir));
  return ReadLoad(options, *server).run();
}

}  // namespace muster::bench
