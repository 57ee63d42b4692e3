#include "runtime/server/dials.h"

#include "api/base/text.h"
#include "runtime/server/status.h"

namespace muster::server {
namespace {

constexpr Duration dial_timeout = std::chrono::seconds(10);
constexpr std::size_t most_pending = 1'000;

}  // namespace

Dials::~Dials() {
  for (auto& [id, pending] : pending_) loop_.cancel(pending.timer);
}

Result<std::string> Dials::ask(const std::string& instance, protocol::Open open, Dialed dialed) {
  if (pending_.size() >= most_pending) return Error{Code::too_many, "too many streams are being opened", {}};
  // Two draws: an id must not be guessed, it is what admits the agent's connection.
  open.stream = random_hex32(random_);
  if (!agents_.open(instance, open)) {
    return Error{Code::unavailable,
                 str("container instance ", instance,
                     " is not connected now; its containers cannot be reached until it is back"),
                 {}};
  }
  const std::string id = open.stream;
  Pending& pending = pending_[id];
  pending.instance = instance;
  pending.dialed = std::move(dialed);
  pending.timer = loop_.after(dial_timeout, [this, id, instance] {
    if (const Dialed waiting = take(id))
      waiting(Error{Code::timeout, str("container instance ", instance, " did not open the stream in time"), {}});
  });
  return id;
}

void Dials::cancel(const std::string& id) {
  take(id);
}

Dials::Dialed Dials::take(const std::string& id) {
  auto found = pending_.extract(id);
  if (found.empty()) return nullptr;
  loop_.cancel(found.mapped().timer);
  return std::move(found.mapped().dialed);
}

void Dials::accept(const Call& call, const std::shared_ptr<http::Exchange>& exchange) {
  const auto found = pending_.find(call.rest);
  if (found == pending_.end() || found->second.instance != call.name) {
    return exchange->respond(error_response(Error{Code::not_found, "nobody waits for this stream", {}}));
  }
  if (!exchange->wants_upgrade())
    return exchange->respond(error_response(Error{Code::malformed, "a stream needs an upgrade to WebSocket", {}}));
  const Dialed dialed = take(call.rest);
  auto socket = exchange->upgrade({});
  if (socket == nullptr) return dialed(Error{Code::unavailable, "the agent's connection failed", {}});
  dialed(std::move(socket));
}

}  // namespace muster::server
