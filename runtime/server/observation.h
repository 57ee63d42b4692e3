// What became of a request, for metrics and the audit log, whoever answers it in the end.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "runtime/audit/event.h"
#include "runtime/base/random.h"
#include "runtime/http/server.h"
#include "runtime/server/call.h"
#include "runtime/server/flow.h"
#include "runtime/server/gate.h"

namespace muster::server {

// What happened to one request; for metrics.
struct RequestOutcome {
  std::string_view verb;      // as verb_of says it; empty for other paths
  std::string_view resource;  // plural, or empty
  int code = 0;
  Duration taken{};
  std::size_t response_bytes = 0;
};
using RequestObserver = std::function<void(const RequestOutcome&)>;

// Stands before the exchange that it wraps, tells of its answer and gives its seat back then; puts the answer into the
// form that was asked for. All must outlive it.
class ObservedExchange final : public http::Exchange {
 public:
  ObservedExchange(std::shared_ptr<http::Exchange> inner, Loop& loop, Random& random, const RequestObserver& observer,
                   const audit::Log& log);

  const http::Request& request() const override { return inner_->request(); }
  void respond(http::Response response) override;
  std::shared_ptr<http::Stream> stream(http::Response head) override;
  std::shared_ptr<http::WebSocket> upgrade(std::string_view subprotocol) override;
  std::shared_ptr<http::ByteStream> take_over(http::Headers headers) override;
  bool wants_upgrade() const override { return inner_->wants_upgrade(); }
  std::string peer() const override { return inner_->peer(); }
  void on_close(std::function<void()> callback) override { inner_->on_close(std::move(callback)); }
  std::shared_ptr<const http::TlsPeer> tls() const override { return inner_->tls(); }

  Duration begun() const { return begun_; }
  // Gives it back when the request is answered.
  void take(Flow::Seat seat) { seat_ = std::move(seat); }

  RequestOutcome outcome;
  std::shared_ptr<audit::Event> event;  // null: there is no audit log

 private:
  void tell(int code, std::size_t bytes, audit::Event::Stage stage);
  void write_event(audit::Event::Stage stage);

  std::shared_ptr<http::Exchange> inner_;
  Loop& loop_;
  Random& random_;
  const RequestObserver& observer_;
  const audit::Log& log_;
  const Duration begun_;
  const bool yaml_;
  Flow::Seat seat_;
};
using ObservedPtr = std::shared_ptr<ObservedExchange>;

// What the server learns of the request on its way; does nothing when nobody wants to know. Not to be kept.
class Observation {
 public:
  Observation() = default;
  explicit Observation(ObservedExchange* exchange) : exchange_(exchange) {}

  // Who asked, null when that is not known, and whom he asked to be taken for.
  void identified(const UserPtr& authenticated, const UserPtr& effective) const;
  // Views of static storage.
  void name(std::string_view verb, std::string_view resource, std::string_view group, std::string_view version) const;
  void name(const Call& call) const;
  // What the gate said of it; a refusal shows in the answer.
  void judged(const std::string& reason) const;
  std::shared_ptr<audit::Event> event() const { return exchange_ == nullptr ? nullptr : exchange_->event; }

 private:
  ObservedExchange* exchange_ = nullptr;
};

}  // namespace muster::server
