// HTTP statuses as error codes.
#pragma once

#include "api/base/error.h"

namespace muster::http {

// The closest code for an answer that is not a success.
Code code_of_status(int status);

}  // namespace muster::http
