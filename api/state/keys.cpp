#include "api/state/keys.h"

#include <algorithm>

namespace muster {

namespace {

constexpr std::size_t order_size = sizeof(std::uint64_t);

bool escaped(char c) {
  return c == '\0' || c == '\1';
}

void append_text(std::string& out, std::string_view text) {
  while (true) {
    const auto end = std::find_if(text.begin(), text.end(), escaped);
    const auto plain = static_cast<std::size_t>(end - text.begin());
    out.append(text, 0, plain);
    if (end == text.end()) return;
    out += '\1';
    out += static_cast<char>(*end + 1);
    text.remove_prefix(plain + 1);
  }
}

}  // namespace

std::string object_key(const Kind& kind, std::string_view ns, std::string_view name) {
  std::string out;
  out.reserve(2 + ns.size() + name.size());
  out += static_cast<char>(kind.index);
  append_text(out, ns);
  out += '\0';
  append_text(out, name);
  return out;
}

std::string kind_prefix(const Kind& kind, std::string_view ns) {
  std::string out(1, static_cast<char>(kind.index));
  if (ns.empty()) return out;
  append_text(out, ns);
  out += '\0';
  return out;
}

void append_index_prefix(std::string& out, Index index, std::string_view value) {
  out += static_cast<char>(index);
  append_text(out, value);
  out += '\0';
}

void append_order(std::string& out, std::int64_t number) {
  const auto bits = static_cast<std::uint64_t>(number);
  for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(bits >> static_cast<unsigned>(shift) & 0xffU);
}

std::string_view object_key_of(Index index, std::string_view entry, std::size_t prefix_size) {
  return entry.substr(prefix_size + (index == Index::family ? order_size : 0));
}

}  // namespace muster
