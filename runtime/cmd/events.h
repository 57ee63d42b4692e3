// Events, as verbs print them.
#pragma once

#include <string>
#include <vector>

#include "api/types/builtin.h"
#include "runtime/cmd/client_verb.h"

namespace muster::cmd {

// The events about the object with this uid, oldest first.
Result<std::vector<std::shared_ptr<Event>>> events_about(Session& session, const std::string& ns,
                                                         const std::string& uid);
// A table of them without the object's name; "  <none>" when there are none.
std::string events_text(const std::vector<std::shared_ptr<Event>>& events, Time now, std::size_t indent);

}  // namespace muster::cmd
