#include "runtime/server/yaml_answer.h"

#include <algorithm>

#include "api/schema/json.h"
#include "api/schema/yaml.h"
#include "runtime/server/accept.h"

namespace muster::server {
namespace {

constexpr MediaType json{"application/json", "", "", ""};
constexpr MediaType yaml{"application/yaml", "", "", ""};

bool is_api(std::string_view path) {
  return path == "/api" || path == "/apis" || path.starts_with("/api/") || path.starts_with("/apis/");
}

}  // namespace

bool wants_yaml(const http::Request& request) {
  const std::string_view accept = http::header(request.headers, "Accept");
  // Nearly every request ends here.
  if (accept.find("yaml") == std::string_view::npos) return false;
  if (!is_api(std::string_view(request.target).substr(0, request.target.find('?')))) return false;
  const MediaType offers[] = {json, yaml};
  return negotiate(accept, offers) == 1;
}

void turn_into_yaml(http::Response& response) {
  const auto type = std::ranges::find(response.headers, "Content-Type", &http::Headers::value_type::first);
  if (type == response.headers.end() || type->second != json.type) return;
  const auto body = parse_own_json(response.body);
  if (!body.ok()) return;
  type->second = yaml.type;
  response.body = write_yaml(*body);
}

}  // namespace muster::server
