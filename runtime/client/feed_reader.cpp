#include "runtime/client/feed_reader.h"

#include <utility>

#include "api/base/limits.h"
#include "api/base/text.h"
#include "api/schema/json.h"
#include "runtime/client/api_client.h"
#include "runtime/store/commit_text.h"

namespace muster::client {
namespace {

using store::FeedType;

constexpr std::size_t longest_line = 2 * limits::configuration_object_bytes;
constexpr std::size_t most_bytes = 256U << 20U;  // of one commit, or of many that the server sends as one

}  // namespace

Status FeedReader::read(std::string_view bytes) {
  for (std::size_t end = bytes.find('\n'); end != std::string_view::npos; end = bytes.find('\n')) {
    if (rest_.empty()) {
      TRY_VOID(read_line(bytes.substr(0, end)));
    } else {
      rest_ += bytes.substr(0, end);
      const std::string line = std::exchange(rest_, {});
      TRY_VOID(read_line(line));
    }
    bytes.remove_prefix(end + 1);
  }
  rest_ += bytes;
  if (rest_.size() > longest_line) return Error{Code::too_large, "a line of the feed is too long", {}};
  return {};
}

Status FeedReader::read_line(std::string_view text) {
  TRY(const store::FeedLine line, store::read_feed_line(text));
  TRY(const Node node, parse_own_json(line.object));
  if (line.type == FeedType::error) {
    http::Response response;
    const Node* code = node.find("code");
    response.status = code != nullptr && code->kind == Node::Kind::integer ? static_cast<int>(code->integer) : 500;
    response.body = line.object;
    return error_of(response);
  }
  if (line.type == FeedType::bookmark) {
    const Node* metadata = node.find("metadata");
    const auto revision = parse_int(metadata == nullptr ? std::string_view() : metadata->text_of("resourceVersion"));
    if (!revision) return Error{Code::malformed, "a bookmark without a resourceVersion", {}};
    bytes_ = 0;
    return on_commit_(std::exchange(changes_, {}), *revision);
  }
  FeedChange change;
  TRY(change.object, decode_object(node, nullptr, DecodeOptions{}, nullptr));
  change.deleted = line.type == FeedType::deleted;
  change.json = std::make_shared<const std::string>(line.object);
  bytes_ += line.object.size();
  if (bytes_ > most_bytes) return Error{Code::too_large, "a commit of the feed is too large", {}};
  changes_.push_back(std::move(change));
  return {};
}

}  // namespace muster::client
