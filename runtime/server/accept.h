// Which form of an answer a client wants: the Accept header, read in full and in the client's order.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace muster::server {

// One element of the header.
struct MediaRange {
  std::string type;                // "application/json", "application/*", "*/*"; lower case
  std::string group, version, as;  // Kubernetes' parameters g, v and as
  int quality = 1000;              // thousandths
};
// Best first; of equal quality the more exact ones first, then as the client ordered them. Elements that cannot be read
// or are refused (q=0) are left out.
std::vector<MediaRange> parse_accept(std::string_view header);

// A form that can be answered.
struct MediaType {
  std::string_view type;
  std::string_view group, version, as;
};
// The position of the offer that the client likes best, or nothing when it takes none. Among those that one element
// takes, the first. An absent (empty) header takes anything.
std::optional<std::size_t> negotiate(std::string_view header, std::span<const MediaType> offers);

}  // namespace muster::server
