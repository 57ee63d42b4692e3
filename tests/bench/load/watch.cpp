// One change, N watchers: from the request that makes it to the last watcher that has it.
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

constexpr std::string_view name = "watched";

// Writer and watchers on one client: connection 0 writes, the others watch.
class WatchLoad {
 public:
  WatchLoad(const LoadOptions& options, const MusterProcess& server) : options_(options), server_(server) {}

  Status run() {
    TRY_VOID(client_.connect(server_.port(), options_.watchers + 1));
    TRY_VOID(client_.send(0, http_request("POST", leases_path, lease_json(name, "", "start", options_.object_bytes))));
    TRY_VOID(wait_for(answers_, 1));
    const double rss = server_.rss_mib();
    const std::string request = str("GET ", leases_path, "?watch=true HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
    for (std::size_t i = 1; i <= options_.watchers; ++i) TRY_VOID(client_.send(i, request));
    TRY_VOID(wait_for(events_, options_.watchers));  // each is told first what there is
    print_figure("watchers", static_cast<double>(options_.watchers));
    print_figure("server_rss_kib_per_watcher",
                 (server_.rss_mib() - rss) * 1024 / static_cast<double>(options_.watchers));
    const double cpu = server_.cpu_seconds();
    std::vector<double> last;
    const Duration begin = system_monotonic();
    for (std::size_t round = 0; round < options_.rounds; ++round) TRY_VOID(change(round, last));
    const double whole = std::chrono::duration<double>(system_monotonic() - begin).count();
    const auto deliveries = static_cast<double>(options_.rounds * options_.watchers);
    print_figure("one_change_to_all_p50_ms", quantile(last, 0.5));
    print_figure("one_change_to_all_p99_ms", quantile(last, 0.99));
    print_figure("deliveries_per_second", deliveries / whole);
    print_figure("server_cpu_us_per_delivery", (server_.cpu_seconds() - cpu) * 1e6 / deliveries);
    return {};
  }

 private:
  Status change(std::size_t round, std::vector<double>& last) {
    const std::size_t wanted = events_ + options_.watchers;
    const std::string body = lease_json(name, revision_, str(round), options_.object_bytes);
    const Duration sent = system_monotonic();
    TRY_VOID(client_.send(0, http_request("PUT", str(leases_path, '/', name), body)));
    TRY_VOID(wait_for(events_, wanted));
    last.push_back(std::chrono::duration<double, std::milli>(system_monotonic() - sent).count());
    return wait_for(answers_, round + 2);
  }

  Status wait_for(const std::size_t& count, std::size_t wanted) {
    const Duration end = system_monotonic() + options_.patience;
    while (count < wanted) {
      if (system_monotonic() > end) return Error{Code::timeout, str(count, " of ", wanted, " came"), {}};
      TRY_VOID(client_.wait(std::chrono::seconds(1), [&](std::size_t connection, std::string_view kept) {
        return connection == 0 ? take_answer(kept) : take_events(kept);
      }));
    }
    return {};
  }

  std::size_t take_answer(std::string_view kept) {
    const RawAnswer answer = read_answer(kept);
    if (answer.bytes == 0) return 0;
    constexpr std::string_view field = R"("resourceVersion":")";
    const std::size_t found = answer.body.find(field);
    if (found != std::string_view::npos) {
      const std::string_view rest = answer.body.substr(found + field.size());
      revision_ = rest.substr(0, rest.find('"'));
    }
    ++answers_;
    return answer.bytes;
  }

  // Whole lines; each event is one.
  std::size_t take_events(std::string_view kept) {
    std::size_t done = 0;
    while (true) {
      const std::size_t end = kept.find('\n', done);
      if (end == std::string_view::npos) return done;
      const std::string_view line = kept.substr(done, end - done);
      if (line.substr(0, 9) == R"({"type":")") ++events_;
      done = end + 1;
    }
  }

  const LoadOptions& options_;
  const MusterProcess& server_;
  RawClient client_;
  std::string revision_;
  std::size_t answers_ = 0;
  std::size_t events_ = 0;
};

}  // namespace

Status run_watch(const LoadOptions& options) {
  TRY(const auto server, MusterProcess::start(options.muster, {"server"}, options.data_dir));
  return WatchLoad(options, *server).run();
}

}  // namespace muster::bench
