// Many small objects for tests of the store: clusters, which no controller of a lone server does much with.
#pragma once

#include <string>
#include <vector>

#include "tests/support/http_call.h"

namespace muster::testing {

inline constexpr const char* clusters_path = "/apis/muster.dev/v1beta1/clusters";

inline HttpAnswer create_cluster(const std::string& url, const std::string& name, const std::string& text = "") {
  return http_call(url, "POST", clusters_path,
                   R"({"apiVersion":"muster.dev/v1beta1","kind":"Cluster","metadata":{"name":")" + name +
                       R"(","annotations":{"text":")" + text + R"("}}})");
}

// The values of "name":"..." in the order in which they stand there.
inline std::vector<std::string> names_in(const std::string& json) {
  static constexpr const char* before = "\"metadata\":{\"name\":\"";
  std::vector<std::string> names;
  for (std::size_t at = json.find(before); at != std::string::npos; at = json.find(before, at)) {
    at += std::char_traits<char>::length(before);
    names.push_back(json.substr(at, json.find('"', at) - at));
  }
  return names;
}

inline std::string resource_version_in(const std::string& json) {
  static constexpr const char* before = "\"resourceVersion\":\"";
  const std::size_t at = json.find(before) + std::char_traits<char>::length(before);
  return json.substr(at, json.find('"', at) - at);
}

}  // namespace muster::testing
