// The review APIs: questions about access and identity that are answered and never stored.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/access/account_token.h"
#include "api/access/policy.h"
#include "api/schema/decode.h"

namespace muster::access {

// What a review is answered from. All must outlive the answer.
struct ReviewContext {
  const State& state;
  const Policy& policy;
  const User& user;     // who asks
  std::string_view ns;  // of the request's path; only for reviews in a namespace
  // Whom a token proves for these audiences (empty: the server's own); the error says why not. Null: no token is known.
  std::function<Result<Proven>(std::string_view token, const std::vector<std::string>& audiences)> authenticate;
};

// One kind of review, for routing, discovery and OpenAPI. Its only verb is create.
struct Review {
  std::string_view group, version;  // "authorization.k8s.io", "v1"
  std::string_view kind, plural, singular;
  Scope scope;
  const Type* (*type)();  // of the whole object
  // The answer: the request with its status, as JSON. Code::malformed or Code::invalid when the question is none.
  Result<std::string> (*answer)(const Review& review, const Node& request, const ReviewContext& context,
                                const DecodeOptions& options, std::vector<Warning>* warnings);

  std::string api_version() const;
};

std::span<const Review> all_reviews();
// Null when there is none.
const Review* find_review(std::string_view group, std::string_view version, std::string_view plural);

}  // namespace muster::access
