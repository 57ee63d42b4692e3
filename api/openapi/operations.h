// The requests that the API takes, as plain values: both versions of OpenAPI are written from them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/openapi/served.h"

namespace muster::openapi {

struct Parameter {
  std::string_view name;
  std::string_view in = "query";  // query, path
  std::string_view type;          // string, integer, boolean
  std::string_view doc;
};

struct Operation {
  std::string_view method;  // get, put, post, delete, patch: as in OpenAPI
  std::string_view action;  // x-kubernetes-action: get, list, post, put, patch, delete
  std::string id;           // unique in the document
  std::string doc;
  GroupVersionKind kind;
  std::vector<Parameter> parameters;
  std::string body;                        // name of the schema of the body; empty: none
  std::vector<std::string_view> consumes;  // media types of the body
  std::string answer;                      // name of the schema of the answer; empty: plain text
  std::vector<int> codes;                  // of success
};

struct Path {
  std::string path;  // "/apis/muster.dev/v1beta1/namespaces/{namespace}/services/{name}"
  std::vector<Parameter> parameters;
  std::vector<Operation> operations;
};

// The paths of the group version in the order of its kinds.
std::vector<Path> paths_of(const GroupVersion& group_version);

}  // namespace muster::openapi
