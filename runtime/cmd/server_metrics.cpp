#include "runtime/cmd/server_metrics.h"

#include "api/base/text.h"
#include "api/schema/describe.h"
#include "api/types/cluster.h"
#include "api/types/service.h"
#include "api/types/task.h"
#include "api/types/task_run.h"
#include "runtime/base/version.h"

namespace muster::cmd {
namespace {

double seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

std::vector<double> commit_buckets() {
  return {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5};
}

}  // namespace

ServerMetrics::ServerMetrics(store::Store& store, server::ApiServer& server) : store_(store), server_(server) {
  registry_
      .gauge("muster_build_info", "What this program was built from; always 1.",
             {{"version", std::string(version())},
              {"revision", std::string(build_revision())},
              {"compiler", std::string(compiler())}})
      .set(1);
  prepare_ = registry_.histogram("muster_store_prepare_duration_seconds",
                                 "Admission and encoding of one group of writes.", commit_buckets());
  append_ = registry_.histogram("muster_store_commit_duration_seconds", "Making one group of writes durable.",
                                commit_buckets());
  store.on_group([this](Duration prepare, Duration append, std::size_t) {
    prepare_.observe(seconds(prepare));
    append_.observe(seconds(append));
  });
  server.on_request([this](const server::RequestOutcome& outcome) { request(outcome); });
  collectors_.push_back(registry_.collect(metrics::process_collector()));
  collectors_.push_back(registry_.collect([this](metrics::Samples& samples) { collect(samples); }));
}

std::string ServerMetrics::expose() {
  return registry_.expose();
}

void ServerMetrics::request(const server::RequestOutcome& outcome) {
  const std::string verb(outcome.verb.empty() ? "other" : outcome.verb);
  const std::string resource(outcome.resource);
  const std::string key = str(verb, "\n", resource);
  const std::string code = std::to_string(outcome.code);
  auto counter = requests_.find(str(key, "\n", code));
  if (counter == requests_.end()) {
    counter = requests_
                  .emplace(str(key, "\n", code),
                           registry_.counter("muster_http_requests_total", "Requests answered.",
                                             {{"api", "kube"}, {"verb", verb}, {"resource", resource}, {"code", code}}))
                  .first;
  }
  counter->second.increment();
  if (outcome.verb == "watch") return;
  auto duration = request_durations_.find(key);
  if (duration == request_durations_.end()) {
    duration =
        request_durations_
            .emplace(key, registry_.histogram("muster_http_request_duration_seconds",
                                              "Time from a request's last byte to its answer; watches are not counted.",
                                              metrics::request_buckets(),
                                              {{"api", "kube"}, {"verb", verb}, {"resource", resource}}))
            .first;
  }
  duration->second.observe(seconds(outcome.taken));
}

std::function<void(const reconcile::Outcome&)> ServerMetrics::runner(const std::string& controller) {
  const auto total = [&](const std::string& result) {
    return registry_.counter("controller_runtime_reconcile_total", "Plans made, by what became of them.",
                             {{"controller", controller}, {"result", result}});
  };
  const metrics::Counter success = total("success");
  const metrics::Counter conflict = total("requeue");
  const metrics::Counter error = total("error");
  const metrics::Counter errors = registry_.counter("controller_runtime_reconcile_errors_total",
                                                    "Plans that could not be committed.", {{"controller", controller}});
  const metrics::Histogram time =
      registry_.histogram("controller_runtime_reconcile_time_seconds", "Time to make one plan.",
                          {0.00001, 0.0001, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5}, {{"controller", controller}});
  const metrics::Gauge depth =
      registry_.gauge("workqueue_depth", "Keys waiting.", {{"name", controller}, {"controller", controller}});
  const metrics::Counter retries =
      registry_.counter("workqueue_retries_total", "Keys put back after a conflict or an error.",
                        {{"name", controller}, {"controller", controller}});
  return [=](const reconcile::Outcome& outcome) {
    time.observe(seconds(outcome.planned));
    depth.set(static_cast<double>(outcome.depth));
    switch (outcome.result) {
      case reconcile::Outcome::Result::idle:
      case reconcile::Outcome::Result::committed: success.increment(); break;
      case reconcile::Outcome::Result::conflict:
        conflict.increment();
        retries.increment();
        break;
      case reconcile::Outcome::Result::error:
        error.increment();
        errors.increment();
        retries.increment();
        break;
    }
  };
}

void ServerMetrics::collect(metrics::Samples& samples) const {
  using metrics::Kind;
  const auto gauge = [&](const char* name, const char* help, double value) {
    samples.family(Kind::gauge, name, help);
    samples.add({}, value);
  };
  const auto counter = [&](const char* name, const char* help, double value) {
    samples.family(Kind::counter, name, help);
    samples.add({}, value);
  };
  const State state = store_.state();
  const store::StoreStats stats = store_.stats();
  gauge("muster_store_revision", "The store's revision.", static_cast<double>(state.revision()));
  gauge("muster_store_compacted_revision", "History up to this revision has been compacted.",
        static_cast<double>(stats.compacted_revision));
  gauge("muster_store_size_bytes", "Size of the database.", static_cast<double>(stats.size_bytes));
  gauge("muster_store_queued_batches", "Writes waiting for the store.", static_cast<double>(stats.queued));
  counter("muster_store_commits_total", "Groups of writes made durable.", static_cast<double>(stats.commits));
  counter("muster_store_rows_total", "Objects written.", static_cast<double>(stats.rows));
  counter("muster_store_conflicts_total", "Writes refused because somebody else had written first.",
          static_cast<double>(stats.conflicts));
  samples.family(Kind::gauge, "muster_store_objects", "Objects stored, by kind.");
  for (const muster::Kind& kind : all_kinds())
    samples.add({{"kind", std::string(kind.kind)}}, static_cast<double>(state.count(kind)));
  gauge("muster_watch_streams", "Watches being served.", static_cast<double>(server_.watches().streams()));
  counter("muster_watch_events_total", "Events sent to watches.", static_cast<double>(server_.watches().events_sent()));
  counter("muster_watch_dropped_total", "Watches cut off because their reader was too slow.",
          static_cast<double>(server_.watches().streams_cut()));
  gauge("muster_http_connections", "Open connections.", static_cast<double>(server_.connections()));
  const server::Flow& flow = server_.flow();
  const auto lanes = [&](metrics::Kind kind, const char* name, const char* help, auto value) {
    samples.family(kind, name, help);
    samples.add({{"kind", "read"}}, static_cast<double>(value(server::Lane::reads)));
    samples.add({{"kind", "write"}}, static_cast<double>(value(server::Lane::writes)));
  };
  lanes(Kind::gauge, "muster_http_requests_inflight", "Requests that have begun and are not answered.",
        [&](server::Lane lane) { return flow.under_way(lane); });
  lanes(Kind::gauge, "muster_http_requests_waiting", "Requests that wait for their user's turn.",
        [&](server::Lane lane) { return flow.waiting(lane); });
  lanes(Kind::counter, "muster_http_requests_rejected_total",
        "Requests answered 429 because there was no room to wait.",
        [&](server::Lane lane) { return flow.refused(lane); });
  gauge("muster_container_instance_connections", "Agents connected.",
        static_cast<double>(server_.agents().connections()));
  counter("muster_container_instance_heartbeats_total", "Beats heard from agents.",
          static_cast<double>(server_.agents().beats()));
  if (audit_ != nullptr) {
    counter("muster_audit_events_total", "Lines of the audit log written.", static_cast<double>(audit_->written()));
    counter("muster_audit_dropped_total", "Requests that should be in the audit log and are not.",
            static_cast<double>(audit_->dropped()));
  }

  samples.family(Kind::gauge, "muster_service_spec_desired_tasks", "Tasks the service wants.");
  const auto services = state.list<Service>();
  const auto labels = [](const Service& service) {
    return metrics::Labels{
        {"ecs_cluster", service.spec.cluster}, {"namespace", service.metadata.ns}, {"service", service.metadata.name}};
  };
  for (const auto& service : services) samples.add(labels(*service), service->spec.desired_count);
  samples.family(Kind::gauge, "muster_service_status_running_tasks", "Tasks of the service that run.");
  for (const auto& service : services) samples.add(labels(*service), service->status.running_count);
  samples.family(Kind::gauge, "muster_service_status_pending_tasks", "Tasks of the service that have not started yet.");
  for (const auto& service : services) samples.add(labels(*service), service->status.pending_count);
  samples.family(Kind::gauge, "muster_container_instance_status",
                 "Which connection state the instance is in: 1 for that one.");
  for (const auto& instance : state.list<ContainerInstance>()) {
    for (const Connection value :
         {Connection::connected, Connection::suspect, Connection::away, Connection::lost, Connection::returning}) {
      samples.add({{"ecs_cluster", instance->spec.cluster},
                   {"container_instance", instance->metadata.name},
                   {"status", to_lower(name_of(value))}},
                  instance->status.connection == value ? 1 : 0);
    }
  }
}

}  // namespace muster::cmd
