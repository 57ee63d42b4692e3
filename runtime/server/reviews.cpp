#include "runtime/server/reviews.h"

#include "api/base/text.h"
#include "runtime/server/body.h"
#include "runtime/server/status.h"

namespace muster::server {
namespace {

Result<std::string> answer(const ReviewCall& call, const http::Request& request, const http::Target& target,
                           const access::User& user, Gate& gate, const State& state) {
  const access::Review& review = *call.review;
  access::Attributes asked;
  asked.user = &user;
  asked.verb = "create";
  asked.group = review.group;
  asked.resource = review.plural;
  asked.ns = call.ns;
  TRY_VOID(gate.check(asked));
  if (request.method != "POST") {
    return Error{
        Code::not_allowed, str(request.method, " is not served for ", review.plural, ": it is only created"), {}};
  }
  TRY(const Node document, read_document(str(review.plural, '.', review.group), request));
  if (!document.is_map()) return Error{Code::malformed, str("the body must be a ", review.kind), {}};
  DecodeOptions options;
  const std::string_view validation = target.param("fieldValidation");
  options.unknown = validation == "Strict" ? Unknown::error : Unknown::ignore;
  const access::ReviewContext context{state, gate.policy(), user, call.ns, gate.authentication().user_of_token};
  return review.answer(review, document, context, options, nullptr);
}

}  // namespace

std::optional<ReviewCall> find_review_call(const http::Target& target) {
  const auto& parts = target.segments;
  if (parts.size() < 4 || parts[0] != "apis") return std::nullopt;
  const bool scoped = parts.size() == 6 && parts[3] == "namespaces";
  if (!scoped && parts.size() != 4) return std::nullopt;
  ReviewCall call;
  call.review = access::find_review(parts[1], parts[2], parts.back());
  if (call.review == nullptr || (call.review->scope == muster::Scope::namespaced) != scoped) return std::nullopt;
  if (scoped) call.ns = parts[4];
  return call;
}

http::Response answer_review(const ReviewCall& call, const http::Request& request, const http::Target& target,
                             const access::User& user, Gate& gate, const State& state) {
  auto text = answer(call, request, target, user, gate, state);
  if (!text.ok()) return error_response(text.error());
  return json_response(201, std::move(text).value() + "\n");
}

}  // namespace muster::server
