// From the facts about an agent's connection to the verdict about its instance.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api/types/cluster.h"

namespace muster::instance {

struct Judgement {
  Connection connection = Connection::connected;
  Time since{};               // lost: when it became so
  std::optional<Time> until;  // suspect, away: when this verdict runs out
  Time silent_since{};        // suspect, lost: the last that is known of it
};

// Facts in, verdict out:
//   connected, first full report taken in   Connected
//   connected, not yet                      Returning
//   closed, announced absence not over      Away: suspect, never lost
//   closed or silent                        Suspect for `lost_after`, then Lost
// Time counts from the last frame heard when the connection fell silent, and from the close when it was closed. A
// restarted server closes all connections anew, so whatever was heard longer ago than `lost_after` before that does not
// count: nobody is lost sooner than one liveness period after the restart.
Judgement judge(const ContainerInstance& instance, Duration lost_after, Time now);

// "Connected", "Suspect": the reason of the condition Ready and of the event.
std::string_view connection_name(Connection connection);
// The condition Ready that says so.
Condition ready_condition(const ContainerInstance& instance, const Judgement& judgement);

}  // namespace muster::instance
