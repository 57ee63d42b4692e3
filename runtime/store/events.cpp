#include "runtime/store/events.h"

#include "api/base/text.h"
#include "api/types/builtin.h"

namespace muster::store {
namespace {

constexpr Duration quiet = std::chrono::seconds(10);
constexpr std::size_t longest_message = 4096;

}  // namespace

std::optional<Write> event_write(const State& state, const Told& told, const Teller& teller, Time now) {
  const Object& regarding = told.regarding;
  const std::string ns = regarding.metadata.ns.empty() ? "default" : regarding.metadata.ns;
  const std::uint64_t hash =
      stable_hash(str(regarding.metadata.uid, "\n", told.reason, "\n", told.message, "\n", teller.component));
  std::string name = to_lower(regarding.metadata.name.substr(0, 200));
  for (char& c : name) {
    if (c == ':' || c == '_') c = '-';
  }
  name += str(".", hex(hash, 16));
  if (const auto before = state.get<Event>(ns, name)) {
    if (now - before->last_timestamp < quiet) return std::nullopt;
    auto again = std::make_shared<Event>(*before);
    ++again->count;
    again->last_timestamp = now;
    return update(std::move(again));
  }
  auto event = std::make_shared<Event>(make<Event>());
  event->metadata.ns = ns;
  event->metadata.name = std::move(name);
  event->involved_object.api_version = regarding.kind->api_version();
  event->involved_object.kind = std::string(regarding.kind->kind);
  event->involved_object.ns = regarding.metadata.ns;
  event->involved_object.name = regarding.metadata.name;
  event->involved_object.uid = regarding.metadata.uid;
  event->involved_object.resource_version = std::to_string(regarding.metadata.resource_version);
  event->reason = told.reason;
  event->message = told.message.substr(0, longest_message);
  event->type = told.type;
  event->source.component = teller.component;
  event->source.host = teller.host;
  event->reporting_component = teller.component;
  event->count = 1;
  event->first_timestamp = now;
  event->last_timestamp = now;
  return create(std::move(event));
}

}  // namespace muster::store
