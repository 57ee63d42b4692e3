// Where a value stands in its document, as the stack of the walk: text is made only when there is a finding.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace muster {

struct Path {
  enum class Step { root, field, index, key };

  const Path* parent = nullptr;
  Step step = Step::root;
  std::string_view name;  // a field or key; of the root, the text that all paths begin with
  std::size_t index = 0;

  static Path root(std::string_view text) { return Path{nullptr, Step::root, text, 0}; }
  Path field(std::string_view field_name) const { return Path{this, Step::field, field_name, 0}; }
  Path item(std::size_t position) const { return Path{this, Step::index, {}, position}; }
  Path key(std::string_view key_name) const { return Path{this, Step::key, key_name, 0}; }

  // "spec.containerDefinitions[0].cpu", "metadata.labels[app]".
  std::string text() const;
};

// The text in quotes, escaped, and cut when it is long: for messages.
std::string quote_text(std::string_view text);

}  // namespace muster
