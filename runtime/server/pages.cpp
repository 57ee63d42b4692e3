#include "runtime/server/pages.h"

#include "api/base/text.h"

namespace muster::server {
namespace {

constexpr std::size_t most_kept = 32;
constexpr Duration kept_for = std::chrono::minutes(2);

}  // namespace

// Names hold neither '/' nor anything that a query needs escaped beyond what clients do.
std::string write_page_token(const PageToken& token) {
  const std::string remaining = token.remaining ? str("/", *token.remaining) : std::string();
  return str("v1/", token.revision, "/", token.ns, "/", token.name, remaining);
}

Result<PageToken> read_page_token(std::string_view text) {
  const std::vector<std::string_view> parts = split(text, '/');
  const Error refused{Code::malformed, "continue: not a token of this server", {}};
  const auto revision = parts.size() == 4 || parts.size() == 5 ? parse_int(parts[1]) : std::nullopt;
  if (!revision || *revision <= 0 || parts[0] != "v1" || parts[3].empty()) return refused;
  PageToken token{*revision, std::string(parts[2]), std::string(parts[3]), {}};
  if (parts.size() == 4) return token;
  const auto remaining = parse_int(parts[4]);
  if (!remaining || *remaining < 0) return refused;
  token.remaining = static_cast<std::size_t>(*remaining);
  return token;
}

void Pages::keep(const State& state) {
  const Duration now = loop_.monotonic();
  kept_.insert_or_assign(state.revision(), Kept{state, now + kept_for});
  for (auto it = kept_.begin(); it != kept_.end();) it = it->second.until < now ? kept_.erase(it) : std::next(it);
  while (kept_.size() > most_kept) kept_.erase(kept_.begin());
}

Result<State> Pages::find(std::int64_t revision) {
  const auto found = kept_.find(revision);
  if (found == kept_.end() || found->second.until < loop_.monotonic()) {
    return Error{Code::gone,
                 "The provided continue parameter is too old to display a consistent list result. You can start a new "
                 "list without the continue parameter.",
                 {}};
  }
  return found->second.state;
}

}  // namespace muster::server
