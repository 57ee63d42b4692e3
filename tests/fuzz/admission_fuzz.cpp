// Any request body, protocol buffers or JSON, up to the store: what is admitted can be read again from what would be
// stored, writing it once more changes nothing, and it can be removed.
#include <cstdint>
#include <string_view>

#include "api/admission/admission.h"
#include "api/base/assert.h"
#include "api/base/text.h"
#include "api/protobuf/decode.h"
#include "api/schema/json.h"
#include "api/types/builtin.h"
#include "api/types/cluster.h"

namespace muster {
namespace {

AdmissionContext context() {
  static std::uint64_t uids = 0;
  AdmissionContext out;
  out.now = Time(std::chrono::seconds(1'800'000'000));
  out.new_uid = [] { return hex(0, 16) + hex(++uids, 16); };
  return out;
}

// A namespace and a cluster to be in.
State first_state() {
  State state;
  auto ns = std::make_shared<Namespace>(make<Namespace>());
  ns->metadata.name = "default";
  auto cluster = std::make_shared<Cluster>(make<Cluster>());
  cluster->metadata.name = "default";
  MUSTER_ASSERT(admit(state, {create(ns), create(cluster)}, context()).ok());
  return state;
}

void live(const std::shared_ptr<Object>& given) {
  static const State first = first_state();
  if (given->kind->scope == Scope::namespaced && given->metadata.ns.empty()) given->metadata.ns = "default";
  State state = first;
  Write write = create(given);
  write.manager = "fuzz";
  const auto created = admit(state, {write}, context());
  if (!created.ok()) {
    MUSTER_ASSERT(state.revision() == first.revision() && state.size() == first.size());
    return;
  }
  const ObjectPtr stored = created->results.front().object;
  const std::string text = encode_object(*stored);
  const auto document = parse_json(text);
  MUSTER_ASSERT(document.ok());
  const auto read = decode_object(*document, stored->kind, DecodeOptions{Unknown::error, {}}, nullptr);
  MUSTER_ASSERT(read.ok() && encode_object(**read) == text);
  write = update(*read);
  write.manager = "fuzz";
  const auto again = admit(state, {write}, context());
  MUSTER_ASSERT(!again.ok() || !again->results.front().changed);
  (void)admit(state, {remove(*stored)}, context());
}

}  // namespace
}  // namespace muster

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto document = bytes.starts_with("k8s") ? muster::protobuf::decode(bytes) : muster::parse_json(bytes);
  if (!document.ok()) return 0;
  auto object = muster::decode_object(*document, nullptr, {}, nullptr);
  if (object.ok()) muster::live(*object);
  return 0;
}
