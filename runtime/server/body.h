// What a write brings along: its media type, and the object, patch or options in its body.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "api/base/error.h"
#include "api/schema/decode.h"
#include "api/schema/node.h"
#include "runtime/http/message.h"
#include "runtime/server/call.h"

namespace muster::server {

// One of Kubernetes' own kinds. Those are held to the rules of its built-in resources: clients may leave out what the
// path says already. Kinds of ours follow the rules of custom resources.
bool is_built_in(const Kind& kind);

// Lower-case, without parameters; empty when the header is absent.
std::string media_type(const http::Request& request);
// Code::unsupported, naming what is read here.
Error unsupported_media(std::string_view resource, std::string_view given, std::string_view accepted);

// The document in a body of JSON, YAML or, for Kubernetes' own kinds, protocol buffers; an absent type means JSON.
// Code::unsupported for other types.
Result<Node> read_document(std::string_view resource, const http::Request& request);
// Of fields that one map has twice the last counts, and `warnings` names them unless the call ignores such. Where it is
// strict, decode_body refuses them.
Result<Node> read_document(const Call& call, const http::Request& request, std::vector<Warning>& warnings);
// A patch in JSON, held to the same rule.
Result<Node> read_patch(const Call& call, std::string_view body, std::vector<Warning>& warnings);
// The same without regard to the type: YAML, of which JSON is a part.
Result<Node> read_configuration(const Call& call, const http::Request& request, std::vector<Warning>& warnings);

struct Decoded {
  std::shared_ptr<Object> object;
  std::vector<Warning> warnings;
};
// The document as an object of the call's kind, at the call's address. Unknown fields are treated as the call says;
// the warnings come after those given.
Result<Decoded> decode_body(const Call& call, Node document, std::vector<Warning> warnings);

// The same for what is not decoded as a body.
Status check_repeated(const Call& call, const std::vector<Warning>& warnings);

// A finding as Kubernetes words it: `unknown field "spec.x"`, `spec.x: must be ...`.
std::string finding_text(std::string_view field, std::string_view message);

// What the URL says about an object must be what the object says; what it leaves out is filled in.
Status adopt_address(const Call& call, Meta& metadata);

}  // namespace muster::server
