#include "runtime/server/enrolled_sockets.h"

#include <set>
#include <utility>
#include <vector>

#include "api/types/cluster.h"
#include "runtime/server/enrolment.h"

namespace muster::server {

// Hands on everything, and tells of the socket.
class EnrolledSockets::Followed final : public http::Exchange {
 public:
  using Upgraded = std::function<void(const std::shared_ptr<http::WebSocket>&)>;
  Followed(std::shared_ptr<http::Exchange> inner, Upgraded upgraded)
      : inner_(std::move(inner)), upgraded_(std::move(upgraded)) {}

  const http::Request& request() const override { return inner_->request(); }
  void respond(http::Response response) override { inner_->respond(std::move(response)); }
  std::shared_ptr<http::Stream> stream(http::Response head) override { return inner_->stream(std::move(head)); }
  std::shared_ptr<http::WebSocket> upgrade(std::string_view subprotocol) override {
    auto socket = inner_->upgrade(subprotocol);
    if (socket != nullptr) upgraded_(socket);
    return socket;
  }
  std::shared_ptr<http::ByteStream> take_over(http::Headers headers) override {
    return inner_->take_over(std::move(headers));  // no agent dials so
  }
  bool wants_upgrade() const override { return inner_->wants_upgrade(); }
  std::string peer() const override { return inner_->peer(); }
  void on_close(std::function<void()> callback) override { inner_->on_close(std::move(callback)); }
  std::shared_ptr<const http::TlsPeer> tls() const override { return inner_->tls(); }

 private:
  std::shared_ptr<http::Exchange> inner_;
  Upgraded upgraded_;
};

std::shared_ptr<http::Exchange> EnrolledSockets::follow(std::shared_ptr<http::Exchange> exchange) {
  const auto peer = exchange->tls();
  if (!peer || !peer->certificate) return exchange;
  std::string instance(instance_of(peer->certificate->subject));
  if (instance.empty()) return exchange;
  const auto enrolment = find_enrolment(objects_.state(), instance);
  std::string id = enrolment.ok() ? enrolment->id : std::string();
  return std::make_shared<Followed>(
      std::move(exchange), [this, instance = std::move(instance), id = std::move(id),
                            weak = std::weak_ptr<Entries>(entries_)](const std::shared_ptr<http::WebSocket>& socket) {
        if (!weak.expired()) add(instance, id, socket);
      });
}

void EnrolledSockets::add(const std::string& instance, std::string enrolment,
                          const std::shared_ptr<http::WebSocket>& socket) {
  forget_ended();
  entries_->emplace(instance, Entry{std::move(enrolment), socket});
  check(instance);  // it may have been withdrawn in the meantime
}

void EnrolledSockets::forget_ended() {
  std::erase_if(*entries_, [](const auto& each) { return each.second.socket.expired(); });
}

void EnrolledSockets::check(const std::string& instance) {
  std::vector<std::shared_ptr<http::WebSocket>> over;
  const auto range = entries_->equal_range(instance);
  for (auto each = range.first; each != range.second;) {
    if (find_enrolment(objects_.state(), instance, each->second.enrolment).ok()) {
      ++each;
      continue;
    }
    if (auto socket = each->second.socket.lock()) over.push_back(std::move(socket));
    each = entries_->erase(each);
  }
  for (const auto& socket : over) socket->close("the agent is let in no longer");
}

void EnrolledSockets::observe(const store::CommitPtr& commit) {
  if (entries_->empty()) return;
  for (const Change& change : commit->changes) {
    if (const auto* secret = as<Secret>(&change.object()); secret != nullptr && is_enrolment(*secret)) {
      if (const auto enrolment = read_enrolment(*secret); enrolment.ok()) check(enrolment->instance);
    } else if (change.after == nullptr && as<ContainerInstance>(&change.object()) != nullptr) {
      check(change.object().metadata.name);
    }
  }
}

void EnrolledSockets::resync() {
  std::set<std::string> instances;
  for (const auto& [instance, entry] : *entries_) instances.insert(instance);
  for (const std::string& instance : instances) check(instance);
}

std::size_t EnrolledSockets::size() {
  forget_ended();
  return entries_->size();
}

}  // namespace muster::server
