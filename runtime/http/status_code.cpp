#include "runtime/http/status_code.h"

namespace muster::http {

Code code_of_status(int status) {
  switch (status) {
    case 400: return Code::malformed;
    case 401: return Code::unauthorized;
    case 403: return Code::forbidden;
    case 404: return Code::not_found;
    case 405:
    case 415: return Code::unsupported;
    case 408:
    case 504: return Code::timeout;
    case 409: return Code::conflict;
    case 410: return Code::gone;
    case 413: return Code::too_large;
    case 422: return Code::invalid;
    case 429: return Code::too_many;
    case 502:
    case 503: return Code::unavailable;
    default: return Code::internal;
  }
}

}  // namespace muster::http
