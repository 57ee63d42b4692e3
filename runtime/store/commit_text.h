// How batches, their answers and the feed of commits travel: lines of JSON, so that the limits on one document hold for
// each object and not for a whole batch. Writer and reader side by side, for the server and for its clients.
#pragma once

#include <string>
#include <string_view>

#include "runtime/store/objects.h"

namespace muster::store {

// POST makes a commit of a batch, GET follows all commits.
inline constexpr std::string_view commits_path = "/apis/muster.dev/v1beta1/commits";

// A header of the feed: followers notice by it that they talk to another cluster than before.
inline constexpr std::string_view cluster_uid_header = "Muster-Cluster-Uid";

// One line with the writer and the journal, then one line for each write. The mode is not in it.
std::string write_batch(const Batch& batch);
// Code::malformed and Code::too_large name the line. Objects are decoded strictly.
Result<Batch> read_batch(std::string_view text);

// One line with the revision, then one line for each result.
std::string write_committed(const Committed& committed);
Result<Committed> read_committed(std::string_view text);

// A line of the feed is an event of a Kubernetes watch. The events of a commit are followed by a BOOKMARK with the
// commit's last revision: up to there, and only there, what was read is a state the store really had.
enum class FeedType { added, modified, deleted, bookmark, error };
struct FeedLine {
  FeedType type = FeedType::error;
  std::string_view object;  // JSON, into the line
};
std::string write_feed_line(FeedType type, std::string_view object);
std::string write_bookmark(std::int64_t revision);
// Without the newline. Code::malformed for anything that write_feed_line() does not make.
Result<FeedLine> read_feed_line(std::string_view line);

}  // namespace muster::store
