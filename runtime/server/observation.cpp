#include "runtime/server/observation.h"

#include <array>

#include "runtime/server/yaml_answer.h"

namespace muster::server {
namespace {

constexpr std::size_t longest_user_agent = 256;
constexpr int switching_protocols = 101;
constexpr int forbidden = 403;

// Words of static storage: an event keeps no copy.
std::string_view verb_of_method(std::string_view method) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 7> verbs = {{{"GET", "get"},
                                                                                   {"POST", "post"},
                                                                                   {"PUT", "put"},
                                                                                   {"PATCH", "patch"},
                                                                                   {"DELETE", "delete"},
                                                                                   {"HEAD", "head"},
                                                                                   {"OPTIONS", "options"}}};
  for (const auto& [name, verb] : verbs) {
    if (name == method) return verb;
  }
  return "other";
}

}  // namespace

ObservedExchange::ObservedExchange(std::shared_ptr<http::Exchange> inner, Loop& loop, Random& random,
                                   const RequestObserver& observer, const audit::Log& log)
    : inner_(std::move(inner)),
      loop_(loop),
      random_(random),
      observer_(observer),
      log_(log),
      begun_(loop.monotonic()),
      yaml_(wants_yaml(inner_->request())) {
  if (!log_.sink || log_.level == audit::Level::none) return;
  event = std::make_shared<audit::Event>();
  event->received = loop.now();
}

void ObservedExchange::respond(http::Response response) {
  if (yaml_) turn_into_yaml(response);
  tell(response.status, response.body.size(), audit::Event::Stage::complete);
  inner_->respond(std::move(response));
}

std::shared_ptr<http::Stream> ObservedExchange::stream(http::Response head) {
  tell(head.status, 0, audit::Event::Stage::started);
  return inner_->stream(std::move(head));
}

std::shared_ptr<http::WebSocket> ObservedExchange::upgrade(std::string_view subprotocol) {
  tell(switching_protocols, 0, audit::Event::Stage::started);
  return inner_->upgrade(subprotocol);
}

std::shared_ptr<http::ByteStream> ObservedExchange::take_over(http::Headers headers) {
  tell(switching_protocols, 0, audit::Event::Stage::started);
  return inner_->take_over(std::move(headers));
}

void ObservedExchange::tell(int code, std::size_t bytes, audit::Event::Stage stage) {
  outcome.code = code;
  outcome.taken = loop_.monotonic() - begun_;
  outcome.response_bytes = bytes;
  seat_.give_back();
  if (observer_) observer_(outcome);
  if (event != nullptr) write_event(stage);
}

// Most requests are reads that are not logged: what only a line needs is put together for the others alone.
void ObservedExchange::write_event(audit::Event::Stage stage) {
  const http::Request& asked = inner_->request();
  event->code = outcome.code;
  if (event->verb.empty()) event->verb = verb_of_method(asked.method);
  if (!audit::is_logged(*event, std::string_view(asked.target).substr(0, asked.target.find('?')), log_.level)) return;
  event->id = random_uuid(random_);
  event->stage = stage;
  event->uri = audit::safe_uri(asked.target);
  event->source = inner_->peer();
  event->user_agent = http::header(asked.headers, "User-Agent").substr(0, longest_user_agent);
  event->answered = event->received + outcome.taken;
  if (outcome.code == forbidden) {
    event->decision = audit::Event::Decision::forbid;
    event->reason.clear();
  }
  log_.sink(std::move(event));
}

void Observation::identified(const UserPtr& authenticated, const UserPtr& effective) const {
  if (exchange_ == nullptr || exchange_->event == nullptr) return;
  exchange_->event->user = authenticated;
  if (effective != authenticated) exchange_->event->impersonated = effective;
}

void Observation::name(std::string_view verb, std::string_view resource, std::string_view group,
                       std::string_view version) const {
  if (exchange_ == nullptr) return;
  exchange_->outcome.verb = verb;
  exchange_->outcome.resource = resource;
  if (exchange_->event == nullptr) return;
  audit::Event& event = *exchange_->event;
  event.verb = verb;
  event.resource = resource;
  event.group = group;
  event.version = version;
}

void Observation::name(const Call& call) const {
  if (exchange_ == nullptr) return;
  name(verb_of(call), call.kind->plural, call.kind->group, call.kind->version);
  if (exchange_->event == nullptr) return;
  audit::Event& event = *exchange_->event;
  event.ns = call.ns;
  event.name = call.name;
  event.subresource = call.subresource;
}

void Observation::judged(const std::string& reason) const {
  if (exchange_ == nullptr || exchange_->event == nullptr) return;
  exchange_->event->decision = audit::Event::Decision::allow;
  exchange_->event->reason = reason;
}

}  // namespace muster::server
