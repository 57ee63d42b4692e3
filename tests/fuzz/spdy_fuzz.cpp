// Any bytes as a SPDY connection: whole and cut into pieces they end the same way, within the limits.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "api/base/assert.h"
#include "runtime/spdy/session.h"

namespace {

using namespace muster;  // NOLINT: one small program

// What a connection tells of the bytes, as text.
std::string heard(std::string_view bytes, std::size_t piece) {
  std::string out;
  spdy::Session* open = nullptr;
  spdy::Limits limits;
  limits.streams = 8;
  spdy::Callbacks callbacks;
  callbacks.on_stream = [&](spdy::StreamId id, const spdy::Headers& headers, spdy::More) {
    MUSTER_ASSERT(headers.size() <= limits.header_fields);
    out += 's';
    open->reply(id);
    open->data(id, "hello", spdy::More::ends);
  };
  callbacks.on_data = [&](spdy::StreamId, std::string_view data, spdy::More more) {
    out += data;
    if (more == spdy::More::ends) out += '.';
  };
  callbacks.on_reset = [&](spdy::StreamId) { out += 'r'; };
  callbacks.on_output = [&](const std::string& sent) { MUSTER_ASSERT(sent.size() >= 8); };
  spdy::Session session(std::move(callbacks), limits);
  open = &session;
  while (!bytes.empty()) {
    const std::string_view next = bytes.substr(0, piece);
    bytes.remove_prefix(next.size());
    if (!session.feed(next).ok()) return out + '!';
    MUSTER_ASSERT(session.streams() <= limits.streams);
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  MUSTER_ASSERT(heard(bytes, std::max<std::size_t>(size, 1)) == heard(bytes, 3));
  return 0;
}
