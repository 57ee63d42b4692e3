#include "api/base/text.h"
#include "api/types/cluster.h"
#include "api/types/endpoint_slice.h"
#include "api/types/pod.h"
#include "api/types/task.h"
#include "runtime/server/resources.h"
#include "runtime/server/views.h"

namespace muster::server {
namespace {

bool fits(const Object& object, const Call& call) {
  return object.kind == call.kind && (call.ns.empty() || object.metadata.ns == call.ns) &&
         (call.name.empty() || object.metadata.name == call.name) && call.labels.matches(object.metadata.labels) &&
         call.fields.matches(object);
}

// An index that holds every object the call can select, with the value to look up; Index::owner with an empty value:
// none.
struct Shortcut {
  Index index = Index::owner;
  std::string value;
};

Shortcut shortcut(const Call& call) {
  if (call.kind == &kind_of<Task>()) {
    if (const auto instance = call.fields.value_of("spec.containerInstance"); !instance.empty())
      return {Index::instance, std::string(instance)};
    if (const auto group = call.fields.value_of("spec.group"); !group.empty() && !call.ns.empty())
      return {Index::group, str(call.ns, "/", group)};
  }
  if (call.kind->kind == "Event") {
    if (const auto uid = call.fields.value_of("involvedObject.uid"); !uid.empty())
      return {Index::involved, std::string(uid)};
  }
  for (const Requirement& requirement : call.labels.requirements) {
    if (requirement.op == Requirement::Operator::equals && !requirement.values.empty()) {
      return {Index::label, str(call.kind->plural, "\n", requirement.key, "=", requirement.values.front())};
    }
  }
  return {};
}

Requirement equals(std::string_view field, std::string_view value) {
  return {std::string(field), Requirement::Operator::equals, {std::string(value)}};
}

// The call for the sources of a view: as narrow as can be told from the view's fields and labels.
Call call_for_sources(const Call& call) {
  Call out = call;
  out.kind = &stored_kind(call);
  out.labels = {};
  out.fields = {};
  const auto narrow = [&](std::string_view field, std::string_view value) {
    if (!value.empty()) out.fields.requirements.push_back(equals(field, value));
  };
  narrow("metadata.name", call.fields.value_of("metadata.name"));
  // A pod has the labels of its task; what is measured has those of what it is measured of.
  if (call.kind == &kind_of<view::Pod>() || Usages::is_metrics(*call.kind)) out.labels = call.labels;
  if (call.kind == &kind_of<view::Pod>()) narrow("spec.containerInstance", call.fields.value_of("spec.nodeName"));
  if (call.kind == &kind_of<view::EndpointSlice>()) {
    for (const Requirement& each : call.labels.requirements) {
      if (each.key == "kubernetes.io/service-name" && each.op == Requirement::Operator::equals && !each.values.empty())
        narrow("spec.group", str("service:", each.values.front()));
    }
  }
  return out;
}

}  // namespace

void select(const State& state, const Call& call, const PageToken* after, const State::Visit& visit) {
  if (is_view(*call.kind)) {
    return select(state, call_for_sources(call), after, [&](const ObjectPtr& source) {
      const ObjectPtr view = shown(call, state, source);
      return view == nullptr || !fits(*view, call) || visit(view);
    });
  }
  const auto visit_fitting = [&](const ObjectPtr& object) { return !fits(*object, call) || visit(object); };
  const std::string_view name = call.name.empty() ? call.fields.value_of("metadata.name") : std::string_view(call.name);
  if (!name.empty() && (!call.ns.empty() || call.kind->scope == muster::Scope::cluster)) {
    const ObjectPtr object = state.find(*call.kind, call.ns, name);
    if (object != nullptr && after == nullptr) visit_fitting(object);
    return;
  }
  const Shortcut found = shortcut(call);
  if (!found.value.empty()) {
    state.each(found.index, found.value, [&](const ObjectPtr& object) {
      if (after != nullptr && std::tie(object->metadata.ns, object->metadata.name) <= std::tie(after->ns, after->name))
        return true;
      return visit_fitting(object);
    });
    return;
  }
  if (after != nullptr) {
    state.each_after(*call.kind, call.ns, after->ns, after->name, visit_fitting);
  } else {
    state.each(*call.kind, call.ns, visit_fitting);
  }
}

}  // namespace muster::server
