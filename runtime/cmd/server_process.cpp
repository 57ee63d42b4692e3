#include "runtime/cmd/server_process.h"

#include <algorithm>
#include <filesystem>
#include <future>
#include <optional>
#include <thread>

#include "api/access/attributes.h"
#include "runtime/base/file.h"
#include "runtime/base/log.h"
#include "runtime/cmd/agent_process.h"
#include "runtime/cmd/controller_threads.h"
#include "runtime/cmd/server_metrics.h"
#include "runtime/pki/vault.h"

namespace muster::cmd {
namespace {

constexpr Duration stop_grace = std::chrono::seconds(3);
constexpr Duration renewal_time = std::chrono::hours(1);  // between two looks at the certificates
constexpr Duration monitoring_life = std::chrono::hours(24 * 365);
constexpr std::size_t max_certificate_bytes = 1U << 16U;
constexpr std::string_view default_listen = "127.0.0.1:8700";
constexpr std::string_view signing_heading =
    "# The keys that sign tokens of service accounts: the last one signs, all of them are accepted. Who has them can "
    "be\n"
    "# every service account. Without this file new keys are made, and older tokens let nobody in.\n";
constexpr std::size_t longest_socket_path = 107;  // of a sockaddr_un

bool is_unix(std::string_view address) {
  return address.starts_with("unix://");
}

// The host of an address that certificates can be for: not of one that stands for all addresses.
std::string host_of(const std::string& address) {
  if (is_unix(address) || address.starts_with("0.0.0.0:") || address.starts_with("[::]:")) return {};
  std::string host = address.substr(0, address.rfind(':'));
  if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
  return host;
}

// An address that a client on this machine can use: who listens everywhere also listens on loopback.
std::string reachable(const std::string& address) {
  if (address.substr(0, 8) == "0.0.0.0:") return "127.0.0.1" + address.substr(7);
  if (address.substr(0, 5) == "[::]:") return "[::1]" + address.substr(4);
  return address;
}

}  // namespace

// Destroyed from the last member to the first: what uses a loop goes before the loop.
struct ServerProcess::State {
  ServerOptions options;
  std::string url, insecure_url, local_url;
  SystemRandom random;
  std::unique_ptr<audit::Writer> audit;  // null: nothing is logged
  ThreadLoop writer{"store"};
  http::IoLoop loop;
  std::unique_ptr<store::Store> store;
  std::unique_ptr<server::ApiServer> server;
  std::unique_ptr<ServerMetrics> metrics;
  // Both on the loop once it runs.
  std::optional<pki::Vault> vault;
  std::shared_ptr<http::TlsServer> tls;

  ControllerThreads controllers;
  std::thread thread;

  // Tokens of service accounts outlive the server.
  Result<server::SigningKeys> signing_keys() {
    const std::string path = options.data_dir + "/keys/service-accounts.key";
    auto keys = seal::read_keys(path);
    if (!keys.ok() && keys.error().code != Code::not_found) return std::move(keys).error();
    if (!keys.ok()) {
      keys = seal::Keys{seal::make_key(random)};
      TRY_VOID(seal::write_keys(path, *keys, signing_heading));
    }
    server::SigningKeys out;
    for (const seal::Key& key : *keys) out.push_back({key.id, {key.bytes.begin(), key.bytes.end()}});
    return out;
  }

  Status open_audit_log(audit::Log& log) {
    if (options.audit_level == audit::Level::none) return {};
    if (options.audit.path.empty()) options.audit.path = options.data_dir + "/audit/audit.log";
    TRY(audit, audit::Writer::open(options.audit));
    log.level = options.audit_level;
    log.sink = [writer = audit.get()](std::shared_ptr<const audit::Event> event) { writer->add(std::move(event)); };
    return {};
  }

  // The function's answer, from the loop.
  template <class Function>
  auto on_loop(Function function) {
    std::promise<decltype(function())> answer;
    loop.post([&] { answer.set_value(function()); });
    return answer.get_future().get();
  }

  Status open() {
    TRY_VOID(make_directories(options.data_dir, 0700));
    TRY(auto plain, store::open_sqlite_log(options.data_dir + "/muster.db"));
    TRY(auto log,
        seal::seal_log_by_file(std::move(plain), options.data_dir + "/keys/secrets.key", random, options.secret_key));
    TRY(store, store::Store::open(std::move(log), writer, random, store::StoreOptions{}));
    server::ApiServerOptions api;
    api.flow = options.flow;
    api.host_access = options.host_access;
    api.metrics = [this] { return metrics->expose(); };
    TRY(api.signing_keys, signing_keys());
    TRY_VOID(open_audit_log(api.audit));
    TRY_VOID(open_vault());
    api.certificates.vault = &*vault;
    api.certificates.life = options.agent_life;
    server = std::make_unique<server::ApiServer>(*store, loop, random, std::move(api));
    metrics = std::make_unique<ServerMetrics>(*store, *server);
    if (audit != nullptr) metrics->follow(*audit);
    thread = std::thread([this] { loop.run(); });

    std::promise<Status> started;
    loop.post([&] { server->start([&](Status status) { started.set_value(std::move(status)); }); });
    TRY_VOID(started.get_future().get());
    controllers.start(options.controllers, *store, [this](const std::string& name) { return metrics->runner(name); });
    return listen();
  }

  Status listen() {
    const bool encrypted = !is_unix(options.listen);
    TRY(const std::string address, on_loop([&] {
          keep_renewing();
          return server->listen(options.listen, encrypted ? tls : nullptr);
        }));
    url = encrypted ? "https://" + reachable(address) : address;
    if (!options.socket.empty()) TRY_VOID(listen_locally());
    if (options.insecure_listen.empty()) return {};
    TRY(const std::string open, on_loop([&] { return server->listen(options.insecure_listen); }));
    insecure_url = is_unix(open) ? open : "http://" + open;
    log::warning("whoever reaches this address may do everything: --insecure-listen is for tests and benchmarks",
                 {{"url", insecure_url}});
    return {};
  }

  Status listen_locally() {
    std::error_code failed;
    options.socket = std::filesystem::absolute(options.socket, failed).string();
    if (options.socket.size() > longest_socket_path) {
      log::warning("no unix socket: its path would be too long", {{"path", options.socket}});
      return {};
    }
    TRY(local_url, on_loop([&] { return server->listen("unix://" + options.socket); }));
    return {};
  }

  Status open_vault() {
    pki::VaultOptions kept;
    kept.folder = options.data_dir + "/pki";
    kept.names = {"localhost", "127.0.0.1", "::1", host_name()};
    const std::string host = host_of(options.listen);
    if (!host.empty() && host != "localhost" && host != "127.0.0.1" && host != "::1") kept.names.push_back(host);
    for (const std::string& name : options.tls_names) kept.names.push_back(name);
    TRY(vault, pki::Vault::open(std::move(kept), random, loop.now()));
    TRY(tls, http::TlsServer::make({vault->server(), vault->bundle()}));
    return write_monitoring_identity();
  }

  // manifests/monitoring/ names these files. Written anew in time, also when the authority changes: Prometheus reads
  // them again by itself.
  Status write_monitoring_identity() {
    if (options.monitoring.empty()) return {};
    const std::string certificate_file = options.monitoring + "/client.crt";
    const auto held = read_file(certificate_file, max_certificate_bytes);
    const auto old = held.ok() ? pki::parse_certificates(*held) : Result<std::vector<pki::Certificate>>(held.error());
    const Time now = loop.now();
    TRY_VOID(make_directories(options.monitoring, 0700));
    TRY_VOID(write_file(options.monitoring + "/ca.crt", vault->bundle(), 0644));
    if (old.ok() && old->front().issuer == vault->authority().subject.name && !pki::due(old->front(), now)) return {};
    TRY(const pki::Pair pair,
        vault->issue_client({"prometheus", {std::string(access::monitoring_group)}}, monitoring_life, now));
    TRY_VOID(write_file(options.monitoring + "/client.key", pair.key, 0600));
    return write_file(certificate_file, pair.certificate, 0644);
  }

  void keep_renewing() {
    loop.after(renewal_time, [this] {
      const auto renewed = vault->renew(loop.now());
      Status status = renewed.ok() ? Status() : Status(renewed.error());
      if (renewed.ok() && *renewed) status = tls->reload({vault->server(), vault->bundle()});
      if (status.ok()) status = write_monitoring_identity();
      if (!status.ok()) log::warning("the server's certificate was not renewed", {{"error", status.error().text()}});
      if (renewed.ok() && *renewed) log::info("the server's certificate was renewed", {});
      keep_renewing();
    });
  }

  void stop() {
    controllers.stop();
    if (thread.joinable()) {
      if (server != nullptr) {
        std::promise<void> stopped;
        loop.post([&] { server->stop(stop_grace, [&] { stopped.set_value(); }); });
        stopped.get_future().wait();
      }
      loop.stop();
      thread.join();
    }
    // Commits still under way call back into the server, and the store tells the metrics of each group of writes until
    // it is closed. What they post to the loop, which no longer runs, is dropped with it.
    store.reset();
    server.reset();
    metrics.reset();
  }
};

ServerProcess::ServerProcess(std::unique_ptr<State> state) : state_(std::move(state)) {}

ServerProcess::~ServerProcess() {
  if (state_ != nullptr) state_->stop();
}

Result<std::unique_ptr<ServerProcess>> ServerProcess::start(ServerOptions options) {
  auto state = std::make_unique<State>();
  state->options = std::move(options);
  std::unique_ptr<ServerProcess> process(new ServerProcess(std::move(state)));
  TRY_VOID(process->state_->open());
  return process;
}

const std::string& ServerProcess::url() const {
  return state_->url;
}

const std::string& ServerProcess::insecure_url() const {
  return state_->insecure_url;
}

const std::string& ServerProcess::local_url() const {
  return state_->local_url;
}

std::string ServerProcess::authorities() {
  return state_->on_loop([this] { return state_->vault->bundle(); });
}

std::string ServerProcess::authority_hash() {
  return state_->on_loop([this] { return state_->vault->authority_hash(); });
}

http::TlsServerOptions ServerProcess::serving() {
  return state_->on_loop([this] { return http::TlsServerOptions{state_->vault->server(), state_->vault->bundle()}; });
}

Result<pki::Pair> ServerProcess::issue_client(const pki::Subject& subject, Duration life) {
  return state_->on_loop([&] { return state_->vault->issue_client(subject, life, state_->loop.now()); });
}

std::vector<Option> listen_options() {
  return {{"listen", 0, "ADDRESS",
           "Where the API is, over TLS: ADDRESS:PORT, port 0 takes a free one (default 127.0.0.1:8700). Without TLS on "
           "unix://PATH."},
          {"insecure-listen", 0, "ADDRESS",
           "Plain HTTP as well, on a loopback address, for tests and benchmarks: whoever reaches it may do "
           "everything."},
          {"tls-san", 0, "NAME", "A name or address that the server's certificate is for as well; may be repeated."},
          {"agent-certificate-ttl", 0, "DURATION",
           "How long an agent's certificate holds; agents renew them in time (default 720h)."}};
}

std::vector<Option> limit_options() {
  return {{"max-requests-inflight", 0, "N", "Reads that are under way at a time (default 400)."},
          {"max-mutating-requests-inflight", 0, "N", "The same of writes (default 200)."},
          {"max-requests-waiting", 0, "N",
           "How many requests of one user may wait for their turn; more are answered 429 (default 200)."}};
}

Status read_limit_options(const Arguments& arguments, ServerOptions& options) {
  constexpr std::int64_t highest = 1'000'000;
  const auto read = [&](std::string_view name, std::size_t& value) -> Status {
    TRY(const std::int64_t number, arguments.number(name, static_cast<std::int64_t>(value), 1, highest));
    value = static_cast<std::size_t>(number);
    return {};
  };
  TRY_VOID(read("max-requests-inflight", options.flow.reads));
  TRY_VOID(read("max-mutating-requests-inflight", options.flow.writes));
  TRY_VOID(read("max-requests-waiting", options.flow.waiting_per_user));
  options.flow.waiting = std::max(options.flow.waiting, options.flow.waiting_per_user);
  return {};
}

Status read_listen_options(const Arguments& arguments, ServerOptions& options) {
  options.listen = arguments.get("listen", default_listen);
  options.insecure_listen = arguments.get("insecure-listen");
  options.tls_names = arguments.all("tls-san");
  TRY(options.agent_life, arguments.duration("agent-certificate-ttl", options.agent_life));
  if (options.agent_life < std::chrono::seconds(1)) {
    return Error{Code::malformed, "--agent-certificate-ttl: must be at least 1s", {}};
  }
  return {};
}

}  // namespace muster::cmd
