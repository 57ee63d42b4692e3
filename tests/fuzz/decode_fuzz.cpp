// Any document: decoding ends with a value that obeys its own rules and survives encoding, or with findings.
#include <cstdint>
#include <string_view>

#include "api/base/assert.h"
#include "api/base/text.h"
#include "api/schema/decode.h"
#include "api/schema/encode.h"
#include "api/schema/yaml.h"
#include "tests/api/schema/sample.h"

namespace {

using muster::sample::Thing;

void check(const muster::Node& document) {
  muster::DecodeOptions options;
  options.unknown = muster::Unknown::warn;
  options.source = "fuzz.yaml";
  const muster::Type& type = *muster::type_of<Thing>();
  Thing thing;
  std::vector<muster::Warning> warnings;
  const muster::Status status = muster::decode(document, type, &thing, options, &warnings);
  if (!status.ok()) {
    MUSTER_ASSERT(!status.error().causes.empty() && muster::valid_utf8(status.error().text()));
    return;
  }
  std::vector<muster::Cause> causes;
  muster::validate(type, &thing, "", causes);
  MUSTER_ASSERT(causes.empty());
  const auto back = muster::decode<Thing>(muster::sample::parsed(muster::encode(thing)));
  MUSTER_ASSERT(back.ok() && muster::encode(*back) == muster::encode(thing));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::vector<std::string> repeated;
  const auto documents = muster::parse_yaml(text, repeated);
  const auto strict = muster::parse_yaml(text);
  MUSTER_ASSERT(!strict.ok() || (documents.ok() && repeated.empty() && strict->size() == documents->size()));
  if (!documents.ok()) return 0;
  for (const muster::Node& document : *documents) check(document);
  return 0;
}
