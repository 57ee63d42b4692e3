#include "runtime/cmd/server_process.h"

#include <future>
#include <optional>
#include <thread>

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
constexpr std::string_view default_listen = "127.0.0.1:8700";
constexpr std::string_view default_tls_listen = "127.0.0.1:8743";
constexpr std::string_view signing_heading =
    "# The keys that sign tokens of service accounts: the last one signs, all of them are accepted. Who has them can "
    "be\n"
    "# every service account. Without this file new keys are made, and older tokens let nobody in.\n";

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
  std::string url;
  std::string secure_url;
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

  Status open() {
    TRY_VOID(make_directories(options.data_dir, 0700));
    TRY(auto plain, store::open_sqlite_log(options.data_dir + "/muster.db"));
    TRY(auto log,
        seal::seal_log_by_file(std::move(plain), options.data_dir + "/keys/secrets.key", random, options.secret_key));
    TRY(store, store::Store::open(std::move(log), writer, random, store::StoreOptions{}));
    server::ApiServerOptions api;
    api.metrics = [this] { return metrics->expose(); };
    TRY(api.signing_keys, signing_keys());
    TRY_VOID(open_audit_log(api.audit));
    server = std::make_unique<server::ApiServer>(*store, loop, random, std::move(api));
    metrics = std::make_unique<ServerMetrics>(*store, *server);
    if (audit != nullptr) metrics->follow(*audit);
    if (!options.tls_listen.empty()) TRY_VOID(open_vault());
    thread = std::thread([this] { loop.run(); });

    std::promise<Status> started;
    loop.post([&] { server->start([&](Status status) { started.set_value(std::move(status)); }); });
    TRY_VOID(started.get_future().get());
    controllers.start(options.controllers, *store, [this](const std::string& name) { return metrics->runner(name); });
    std::promise<Result<std::string>> bound;
    loop.post([&] { bound.set_value(server->listen(options.listen)); });
    TRY(const std::string address, bound.get_future().get());
    url = address.substr(0, 7) == "unix://" ? address : "http://" + address;
    if (!tls) return {};
    std::promise<Result<std::string>> secured;
    loop.post([&] {
      keep_renewing();
      secured.set_value(server->listen(options.tls_listen, tls));
    });
    TRY(const std::string secure_address, secured.get_future().get());
    secure_url = "https://" + reachable(secure_address);
    return {};
  }

  Status open_vault() {
    pki::VaultOptions kept;
    kept.folder = options.data_dir + "/pki";
    kept.names = {"localhost", "127.0.0.1", "::1", host_name()};
    for (const std::string& name : options.tls_names) kept.names.push_back(name);
    TRY(vault, pki::Vault::open(std::move(kept), random, loop.now()));
    TRY(tls, http::TlsServer::make({vault->server(), vault->bundle()}));
    return {};
  }

  void keep_renewing() {
    loop.after(renewal_time, [this] {
      const auto renewed = vault->renew(loop.now());
      Status status = renewed.ok() ? Status() : Status(renewed.error());
      if (renewed.ok() && *renewed) status = tls->reload({vault->server(), vault->bundle()});
      if (!status.ok()) log::warning("the server's certificate was not renewed", {{"error", status.error().text()}});
      if (renewed.ok() && *renewed) log::info("the server's certificate was renewed", {});
      keep_renewing();
    });
  }

  // The function's answer, from the loop.
  template <class Function>
  auto on_loop(Function function) {
    std::promise<decltype(function())> answer;
    loop.post([&] { answer.set_value(function()); });
    return answer.get_future().get();
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

const std::string& ServerProcess::secure_url() const {
  return state_->secure_url;
}

std::string ServerProcess::authorities() {
  if (!state_->vault) return {};
  return state_->on_loop([this] { return state_->vault->bundle(); });
}

Result<pki::Pair> ServerProcess::issue_client(const pki::Subject& subject, Duration life) {
  if (!state_->vault) return Error{Code::unsupported, "the server has no TLS", {}};
  return state_->on_loop([&] { return state_->vault->issue_client(subject, life, state_->loop.now()); });
}

std::vector<Option> listen_options() {
  return {{"listen", 0, "ADDRESS",
           "Without TLS, for this machine: 127.0.0.1:PORT, [::1]:PORT or unix://PATH; port 0 takes a free one (default "
           "127.0.0.1:8700)."},
          {"tls-listen", 0, "ADDRESS",
           "With TLS, for users with a certificate or a token: ADDRESS:PORT; 'off': nowhere (default 127.0.0.1:8743, "
           "with a --listen of your own a free port)."},
          {"tls-san", 0, "NAME", "A name or address that the server's certificate is for as well; may be repeated."}};
}

void read_listen_options(const Arguments& arguments, ServerOptions& options) {
  options.listen = arguments.get("listen", default_listen);
  // Several servers on one machine must not fight for one port.
  const bool own = options.listen != default_listen;
  options.tls_listen = arguments.get("tls-listen", own ? "127.0.0.1:0" : default_tls_listen);
  if (options.tls_listen == "off") options.tls_listen.clear();
  options.tls_names = arguments.all("tls-san");
}

}  // namespace muster::cmd
