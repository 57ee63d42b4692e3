// The review APIs over HTTP: POST to authorization.k8s.io and authentication.k8s.io, answered and never stored.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "api/access/review.h"
#include "runtime/http/server.h"
#include "runtime/server/gate.h"

namespace muster::server {

struct ReviewCall {
  const access::Review* review = nullptr;
  std::string ns;  // of the path
};

// The review that a path means, /apis/GROUP/VERSION/[namespaces/NS/]PLURAL; nothing for other paths.
std::optional<ReviewCall> find_review_call(const http::Target& target);

// Answers it, once the gate has let the user through.
http::Response answer_review(const ReviewCall& call, const http::Request& request, const http::Target& target,
                             const access::User& user, Gate& gate, const State& state);

}  // namespace muster::server
