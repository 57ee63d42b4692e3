#include <algorithm>

#include "api/state/selector.h"
#include "controllers/roles/roles.h"

namespace muster::roles {

namespace {

Requirement requirement_of(const RoleExpression& expression) {
  Requirement out;
  out.key = expression.key;
  out.values = expression.values;
  using Operator = Requirement::Operator;
  out.op = expression.op == "In"             ? Operator::in
           : expression.op == "NotIn"        ? Operator::not_in
           : expression.op == "DoesNotExist" ? Operator::not_exists
                                             : Operator::exists;
  return out;
}

LabelSelector selector_of(const RoleSelector& selector) {
  LabelSelector out;
  for (const auto& [key, value] : selector.match_labels) {
    out.requirements.push_back({key, Requirement::Operator::equals, {value}});
  }
  for (const RoleExpression& each : selector.match_expressions) out.requirements.push_back(requirement_of(each));
  return out;
}

bool is_aggregated(const Object* object) {
  const auto* role = as<ClusterRole>(object);
  return role != nullptr && role->aggregation_rule.has_value() && !role->metadata.deleting();
}

class RolesController final : public Controller {
 public:
  std::string_view name() const override { return "roles"; }

  void start(const State& state, Keys& keys) override { add_aggregated(state, keys); }

  // There are some dozens of roles: whichever changes, each that gathers others is looked at again.
  void observe(const Change& change, const State& after, Keys& keys) override {
    if (change.object().kind == &kind_of<ClusterRole>()) add_aggregated(after, keys);
  }

  Plan plan(const State& state, const Key& key, const Context& /*context*/) override {
    Plan plan;
    const ObjectPtr object = state.find(key);
    if (!is_aggregated(object.get())) return plan;
    const auto& role = static_cast<const ClusterRole&>(*object);
    std::vector<PolicyRule> rules = aggregated_rules(state, role);
    if (rules == role.rules) return plan;
    auto next = std::make_shared<ClusterRole>(role);
    next->rules = std::move(rules);
    plan.actions.emplace_back(Update{std::move(next)});
    return plan;
  }

 private:
  static void add_aggregated(const State& state, Keys& keys) {
    state.each(kind_of<ClusterRole>(), {}, [&](const ObjectPtr& object) {
      if (is_aggregated(object.get())) keys.insert(key_of(*object));
      return true;
    });
  }
};

}  // namespace

std::vector<PolicyRule> aggregated_rules(const State& state, const ClusterRole& role) {
  std::vector<PolicyRule> out;
  if (!role.aggregation_rule) return out;
  std::vector<LabelSelector> selectors;
  for (const RoleSelector& each : role.aggregation_rule->cluster_role_selectors) selectors.push_back(selector_of(each));
  state.each(kind_of<ClusterRole>(), {}, [&](const ObjectPtr& object) {
    const auto& other = static_cast<const ClusterRole&>(*object);
    const bool selected = std::any_of(selectors.begin(), selectors.end(), [&](const LabelSelector& selector) {
      return selector.matches(other.metadata.labels);
    });
    if (!selected || other.metadata.name == role.metadata.name) return true;
    for (const PolicyRule& rule : other.rules) {
      if (std::find(out.begin(), out.end(), rule) == out.end()) out.push_back(rule);
    }
    return true;
  });
  return out;
}

}  // namespace muster::roles

namespace muster {

std::unique_ptr<Controller> make_roles_controller() {
  return std::make_unique<roles::RolesController>();
}

}  // namespace muster
