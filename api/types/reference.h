// api/reference.md: every kind and every field, from the descriptions.
#pragma once

#include <string>

namespace muster {

std::string reference_markdown();

}  // namespace muster
