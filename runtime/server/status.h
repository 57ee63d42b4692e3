// Errors as Kubernetes says them: a `Status` object and the right HTTP code.
#pragma once

#include <string>

#include "api/base/error.h"
#include "api/types/kinds.h"
#include "runtime/http/message.h"

namespace muster::server {

// What an error is about, for `details`. Empty parts are left out.
struct Subject {
  const Kind* kind = nullptr;
  std::string_view name;
};

http::Response error_response(const Error& error, const Subject& subject = {});
// The Status as JSON, as a watch's ERROR event carries it.
std::string status_json(const Error& error, const Subject& subject = {});
// The answer of a removal that is complete: Status Success with the object's uid.
http::Response removed_response(const Object& object);
http::Response json_response(int status, std::string body);
http::Response text_response(int status, std::string body);
int http_code(Code code);

// 406, naming the media types that can be answered.
http::Response not_acceptable(const std::vector<std::string>& offers);

}  // namespace muster::server
