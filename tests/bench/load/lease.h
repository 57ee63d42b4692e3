// The object that is written: a kind that no controller works on, filled up to a size.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "api/base/text.h"

namespace muster::bench {

constexpr std::string_view leases_path = "/apis/coordination.k8s.io/v1/namespaces/default/leases";

// JSON of about `bytes` bytes. `revision` empty: a new object. Ordinary annotations, as tools write them, not one blob.
inline std::string lease_json(std::string_view name, std::string_view revision, std::string_view mark,
                              std::size_t bytes) {
  std::string body = str(R"({"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":")", name,
                         R"(","namespace":"default")");
  if (!revision.empty()) body += str(R"(,"resourceVersion":")", revision, '"');
  body += str(R"(,"labels":{"app":"load","part":"writes"},"annotations":{"load/mark":")", mark, '"');
  const std::string tail = R"(}},"spec":{"holderIdentity":"load","leaseDurationSeconds":15}})";
  for (int i = 0; body.size() + tail.size() + 24 < bytes; ++i) {
    body += str(",\"load/filling-", i, "\":\"",
                std::string(std::min<std::size_t>(96, bytes - body.size() - tail.size() - 24 + 1), 'x'), '"');
  }
  return body + tail;
}

inline std::string http_request(std::string_view method, std::string_view path, std::string_view body) {
  return str(method, ' ', path,
             " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: ", body.size(),
             "\r\n\r\n", body);
}

}  // namespace muster::bench
