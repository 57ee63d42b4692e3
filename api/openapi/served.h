// What the server serves of each kind: the resource itself and its subresources, with their verbs. Discovery and the
// paths of OpenAPI follow from it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/access/review.h"
#include "api/types/kinds.h"

namespace muster::openapi {

struct GroupVersionKind {
  std::string_view group, version, kind;
};

struct Served {
  const Kind* kind = nullptr;
  std::string_view subresource;  // empty: the resource itself
  GroupVersionKind response;     // what a GET answers
  std::vector<std::string_view> verbs;
};

// The resource first, then its subresources.
std::vector<Served> served(const Kind& kind);
// A subresource that becomes a stream both ways.
bool is_stream(const Served& served);

struct GroupVersion {
  std::string_view group, version;
  // As its part of the API's paths: "api/v1", "apis/muster.dev/v1beta1".
  std::string path() const;
  // "v1", "muster.dev/v1beta1"
  std::string name() const;
};
// All that have kinds, the core group first: clients resolve a word that two groups know in this order; then those that
// have reviews alone.
std::vector<GroupVersion> group_versions();
// The kinds of one, in the order of the table.
std::vector<const Kind*> kinds_of(const GroupVersion& group_version);

// Its reviews, in the order of their table.
std::vector<const access::Review*> reviews_of(const GroupVersion& group_version);

}  // namespace muster::openapi
