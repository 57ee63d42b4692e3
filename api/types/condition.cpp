#include "api/types/condition.h"

#include <algorithm>

#include "api/schema/describe.h"
#include "api/types/patterns.h"

namespace muster {

template <>
Type Describe<Condition>::type() {
  return object<Condition>(
      "Condition", "One observation about the object, as `kubectl wait --for=condition=...` reads it.",
      field<&Condition::type>("type", "What is observed, in CamelCase: Ready, Placed, Lost.")
          .required()
          .max_length(316),
      field<&Condition::status>("status", "True, False or Unknown.").required().pattern(patterns::condition_status),
      field<&Condition::observed_generation>("observedGeneration",
                                             "The metadata.generation that the observation was made at."),
      field<&Condition::last_transition_time>("lastTransitionTime", "When the status last changed.").whole_seconds(),
      field<&Condition::reason>("reason", "Why, as one CamelCase word for programs.").max_length(1024),
      field<&Condition::message>("message", "Why, as a sentence for people.").max_length(32'768));
}

const Condition* find_condition(const Conditions& conditions, std::string_view type) {
  const auto found = std::find_if(conditions.begin(), conditions.end(),
                                  [type](const Condition& condition) { return condition.type == type; });
  return found == conditions.end() ? nullptr : &*found;
}

bool is_true(const Conditions& conditions, std::string_view type) {
  const Condition* condition = find_condition(conditions, type);
  return condition != nullptr && condition->status == "True";
}

void set_condition(Conditions& conditions, Condition condition, Time now) {
  const auto found = std::find_if(conditions.begin(), conditions.end(),
                                  [&condition](const Condition& other) { return other.type == condition.type; });
  if (found == conditions.end()) {
    condition.last_transition_time = now;
    conditions.push_back(std::move(condition));
    return;
  }
  condition.last_transition_time = found->status == condition.status ? found->last_transition_time : now;
  *found = std::move(condition);
}

void remove_condition(Conditions& conditions, std::string_view type) {
  std::erase_if(conditions, [type](const Condition& condition) { return condition.type == type; });
}

}  // namespace muster
