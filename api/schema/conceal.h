// Documents without the values of sensitive fields, for everything that people print, paste and log.
#pragma once

#include "api/schema/node.h"
#include "api/schema/type.h"

namespace muster {

// Every value inside a sensitive field becomes its size: "5 bytes" (of a base64 text: of what it stands for).
void conceal(const Type& type, Node& node);
// The same for two states of one object that will be compared: values that differ become "*** (before)" and
// "*** (after)", all others "***", so that a change shows and neither value nor size does.
void conceal(const Type& type, Node& before, Node& after);

}  // namespace muster
