#include "api/schema/path.h"

#include <algorithm>

#include "api/base/text.h"
#include "api/schema/json.h"

namespace muster {

namespace {

constexpr std::size_t longest_shown = 80;

std::string_view cut(std::string_view text) {
  if (text.size() <= longest_shown) return text;
  std::size_t length = longest_shown;
  while (length > 0 && (static_cast<unsigned char>(text[length]) & 0xC0U) == 0x80U) --length;
  return text.substr(0, length);
}

// Names come from outside; only harmless ones are shown as they are.
std::string shown_name(std::string_view name) {
  const bool plain = !name.empty() && name.size() <= longest_shown && std::ranges::all_of(name, [](char letter) {
    return letter > ' ' && letter < 0x7F && letter != '[' && letter != ']' && letter != '"';
  });
  return plain ? std::string(name) : quote_text(name);
}

}  // namespace

std::string quote_text(std::string_view text) {
  std::string out;
  append_json_string(out, cut(text));
  if (text.size() > longest_shown) out += "...";
  return out;
}

std::string Path::text() const {
  if (parent == nullptr) return std::string(name);
  std::string out = parent->text();
  switch (step) {
    case Step::root: break;
    case Step::field:
      if (!out.empty()) out += '.';
      out += shown_name(name);
      break;
    case Step::index: out += str('[', index, ']'); break;
    case Step::key: out += str('[', shown_name(name), ']'); break;
  }
  return out;
}

}  // namespace muster
