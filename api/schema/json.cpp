// Reading JSON, by hand: this is the hot edge of the server, and a general library's reader takes several times as long
// for the same tree. The tests compare it with nlohmann/json text by text.
#include "api/schema/json.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <iterator>

#include "api/base/limits.h"
#include "api/base/text.h"
#include "api/schema/path.h"
#include "api/schema/repeated.h"
#include "api/schema/utf8.h"

namespace muster {

namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

// Whether the text has a line break or a byte beyond ASCII. What programs send has neither.
bool plain(std::string_view text) {
  if (std::memchr(text.data(), '\n', text.size()) != nullptr) return false;
  return std::ranges::none_of(text, [](char letter) { return static_cast<unsigned char>(letter) >= 0x80; });
}

// Lines and columns of places that are asked for in increasing order.
class Lines {
 public:
  explicit Lines(std::string_view text) : begin_(text.data()), at_(text.data()), plain_(plain(text)) {}

  Mark mark(const char* place) {
    if (plain_) return Mark{1, static_cast<std::uint32_t>(place - begin_) + 1};
    for (; at_ < place; ++at_) {
      if (*at_ == '\n') {
        ++mark_.line;
        mark_.column = 1;
      } else if ((static_cast<unsigned char>(*at_) & 0xC0U) != 0x80U) {
        ++mark_.column;  // a character, not its further bytes
      }
    }
    return mark_;
  }

 private:
  const char* begin_;
  const char* at_;
  bool plain_;
  Mark mark_{1, 1};
};

// Bytes that a string may hold as they are and that need no further look.
constexpr std::array<bool, 256> make_ordinary() {
  std::array<bool, 256> table{};
  for (std::size_t byte = 0x20; byte < 0x80; ++byte) table[byte] = byte != '"' && byte != '\\';
  return table;
}
constexpr std::array<bool, 256> ordinary = make_ordinary();

bool is_digit(char letter) {
  return letter >= '0' && letter <= '9';
}

void append_utf8(std::string& out, std::uint32_t point) {
  const auto put = [&out](std::uint32_t byte) { out += static_cast<char>(static_cast<unsigned char>(byte)); };
  if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xC0U | point >> 6U);
    put(0x80U | (point & 0x3FU));
  } else if (point < 0x10000) {
    put(0xE0U | point >> 12U);
    put(0x80U | (point >> 6U & 0x3FU));
    put(0x80U | (point & 0x3FU));
  } else {
    put(0xF0U | point >> 18U);
    put(0x80U | (point >> 12U & 0x3FU));
    put(0x80U | (point >> 6U & 0x3FU));
    put(0x80U | (point & 0x3FU));
  }
}

struct Bounds {
  std::size_t depth, nodes, bytes;
};
constexpr Bounds foreign{limits::document_depth, limits::document_nodes, limits::manifest_bytes};
// Lists hold many objects, and each object a little more than its writer sent.
constexpr Bounds own{4 * limits::document_depth, 32 * limits::document_nodes, 16 * limits::manifest_bytes};

// Recursive: the bounds' depth bounds the stack. Every function leaves the place behind what it has read, and
// answers false after fail().
class Reader {
 public:
  Reader(std::string_view text, const Bounds& bounds, std::vector<std::string>* repeated)
      : bounds_(bounds), repeated_(repeated), at_(text.data()), end_(text.data() + text.size()), lines_(text) {}

  bool read(Node& root) {
    if (rest().starts_with(byte_order_mark)) at_ += byte_order_mark.size();
    skip_space();
    if (at_ < end_) root.mark = lines_.mark(at_);
    if (!value(root)) return false;
    skip_space();
    if (at_ != end_) return fail("the text goes on after its value");
    if (has_repeated_) *repeated_ = drop_repeated(root);
    return true;
  }
  Error take_error() { return std::move(error_); }

 private:
  // Up to so many names, each is compared with those before it; larger maps are checked once, sorted.
  static constexpr std::size_t searched_names = 32;

  std::string_view rest() const { return {at_, static_cast<std::size_t>(end_ - at_)}; }
  bool next_is(char letter) const { return at_ < end_ && *at_ == letter; }
  void skip_space() {
    while (at_ < end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\t' || *at_ == '\r')) ++at_;
  }

  bool refuse(Mark mark, std::string_view message) {
    error_ = Error{Code::malformed, str("line ", mark.line, ", column ", mark.column, ": ", message), {}};
    return false;
  }
  bool fail(std::string_view what) {
    return refuse(lines_.mark(at_), str("not valid JSON, ", at_ == end_ ? "the text ends too early: " : "", what));
  }
  bool repeated(std::string_view name, Mark mark) {
    has_repeated_ = repeated_ != nullptr;
    return has_repeated_ || refuse(mark, str("the name ", quote_text(name), " appears twice in one object"));
  }

  bool value(Node& out) {
    if (at_ == end_) return fail("a value is expected");
    if (++nodes_ > bounds_.nodes) {
      return refuse(lines_.mark(at_), str("more than ", bounds_.nodes, " values in one document"));
    }
    switch (*at_) {
      case '{':
      case '[': return container(out);
      case '"': out.kind = Node::Kind::string; return string(out.text);
      case 't':
        out.kind = Node::Kind::boolean;
        out.boolean = true;
        return word("true");
      case 'f': out.kind = Node::Kind::boolean; return word("false");
      case 'n': return word("null");
    }
    if (*at_ == '-' || is_digit(*at_)) return number(out);
    return fail("a value is expected");
  }

  bool word(std::string_view wanted) {
    if (!rest().starts_with(wanted)) return fail("a value is expected");
    at_ += wanted.size();
    return true;
  }

  bool container(Node& out) {
    if (depth_ == bounds_.depth) {
      return refuse(lines_.mark(at_), str("nested deeper than ", bounds_.depth, " levels"));
    }
    ++depth_;
    const bool map = *at_++ == '{';
    out.kind = map ? Node::Kind::map : Node::Kind::list;
    const char close = map ? '}' : ']';
    skip_space();
    if (next_is(close)) {
      ++at_;
      --depth_;
      return true;
    }
    while (true) {
      if (map ? !member(out) : !item(out)) return false;
      skip_space();
      if (next_is(',')) {
        ++at_;
        skip_space();
        continue;
      }
      if (!next_is(close)) return fail(map ? "',' or '}' is expected" : "',' or ']' is expected");
      ++at_;
      --depth_;
      return !map || names_are_unique(out);
    }
  }

  bool item(Node& list) {
    Node& item = list.items.emplace_back();
    if (at_ < end_) item.mark = lines_.mark(at_);
    return value(item);
  }

  bool member(Node& map) {
    if (!next_is('"')) return fail("a name in quotes is expected");
    const Mark mark = lines_.mark(at_);
    name_.clear();
    if (!string(name_)) return false;
    if (map.members.size() < searched_names && map.find(name_) != nullptr && !repeated(name_, mark)) {
      return false;
    }
    skip_space();
    if (!next_is(':')) return fail("':' is expected");
    ++at_;
    skip_space();
    if (map.members.empty()) map.members.reserve(4);
    Node& out = map.members.emplace_back(name_, Node{}).second;
    out.mark = mark;
    return value(out);
  }

  bool names_are_unique(const Node& map) {
    if (map.members.size() <= searched_names) return true;
    std::vector<const std::pair<std::string, Node>*> sorted;
    sorted.reserve(map.members.size());
    for (const auto& member : map.members) sorted.push_back(&member);
    std::ranges::stable_sort(sorted, {}, [](const auto* member) -> const std::string& { return member->first; });
    const auto twice =
        std::ranges::adjacent_find(sorted, {}, [](const auto* member) -> const std::string& { return member->first; });
    return twice == sorted.end() || repeated((*twice)->first, (*std::next(twice))->second.mark);
  }

  // Appends the text of the string that begins here.
  bool string(std::string& out) {
    ++at_;
    while (true) {
      const char* begin = at_;
      while (at_ < end_ && ordinary[static_cast<unsigned char>(*at_)]) ++at_;
      out.append(begin, at_);
      if (at_ == end_) return fail("a string has no closing quote");
      if (*at_ == '"') {
        ++at_;
        return true;
      }
      if (*at_ == '\\') {
        if (!escape(out)) return false;
        continue;
      }
      if (static_cast<unsigned char>(*at_) < 0x20) return fail("a control character in a string must be escaped");
      const std::size_t length = utf8_length(rest());
      if (length == 0) return fail("a string is not UTF-8");
      out.append(at_, length);
      at_ += length;
    }
  }

  bool escape(std::string& out) {
    ++at_;
    if (at_ == end_) return fail("a string has no closing quote");
    constexpr std::string_view letters = "\"\\/bfnrt";
    constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
    if (const std::size_t found = letters.find(*at_); found != std::string_view::npos) {
      out += meanings[found];
      ++at_;
      return true;
    }
    if (*at_ != 'u') return fail("no such escape in a string");
    ++at_;
    std::uint32_t point = 0;
    if (!four_digits(point)) return false;
    if (point >= 0xDC00 && point <= 0xDFFF) return fail("half of a surrogate pair in a string");
    if (point >= 0xD800 && point <= 0xDBFF) {
      if (!rest().starts_with("\\u")) return fail("half of a surrogate pair in a string");
      at_ += 2;
      std::uint32_t low = 0;
      if (!four_digits(low)) return false;
      if (low < 0xDC00 || low > 0xDFFF) return fail("half of a surrogate pair in a string");
      point = 0x10000 + ((point - 0xD800) << 10U) + (low - 0xDC00);
    }
    append_utf8(out, point);
    return true;
  }

  bool four_digits(std::uint32_t& out) {
    for (int i = 0; i < 4; ++i, ++at_) {
      if (at_ == end_) return fail("a string has no closing quote");
      const char letter = *at_;
      const auto digit = is_digit(letter)                   ? letter - '0'
                         : (letter >= 'a' && letter <= 'f') ? letter - 'a' + 10
                         : (letter >= 'A' && letter <= 'F') ? letter - 'A' + 10
                                                            : -1;
      if (digit < 0) return fail("four hex digits are expected after \\u");
      out = out << 4U | static_cast<std::uint32_t>(digit);
    }
    return true;
  }

  bool digits() {
    if (at_ == end_ || !is_digit(*at_)) return fail("a digit is expected");
    while (at_ < end_ && is_digit(*at_)) ++at_;
    return true;
  }

  bool number(Node& out) {
    const char* begin = at_;
    if (*at_ == '-') ++at_;
    if (next_is('0')) {
      ++at_;
    } else if (!digits()) {
      return false;
    }
    bool whole = true;
    if (next_is('.')) {
      whole = false;
      ++at_;
      if (!digits()) return false;
    }
    if (next_is('e') || next_is('E')) {
      whole = false;
      ++at_;
      if (next_is('+') || next_is('-')) ++at_;
      if (!digits()) return false;
    }
    if (whole && std::from_chars(begin, at_, out.integer).ec == std::errc()) {
      out.kind = Node::Kind::integer;
      return true;
    }
    out.integer = 0;
    out.kind = Node::Kind::number;
    if (std::from_chars(begin, at_, out.number).ec == std::errc()) return true;
    // Out of range: too large is refused, too small is zero or nearly so.
    out.number = std::strtod(std::string(begin, at_).c_str(), nullptr);
    return std::isfinite(out.number) || fail("a number is too large");
  }

  const Bounds& bounds_;
  std::vector<std::string>* repeated_;  // null: an error
  bool has_repeated_ = false;
  const char* at_;
  const char* end_;
  Lines lines_;
  std::size_t nodes_ = 0;
  std::size_t depth_ = 0;
  std::string name_;  // of the member that is being read; copied before its value is
  Error error_;
};

Result<Node> parse(std::string_view text, const Bounds& bounds, std::vector<std::string>* repeated = nullptr) {
  if (text.size() > bounds.bytes) {
    return Error{Code::too_large, str("a JSON text of more than ", bounds.bytes, " bytes"), {}};
  }
  if (trim(text).empty()) return Error{Code::malformed, "line 1, column 1: the text is empty", {}};
  Reader reader(text, bounds, repeated);
  Node root;
  if (!reader.read(root)) return reader.take_error();
  return root;
}

}  // namespace

Result<Node> parse_json(std::string_view text) {
  return parse(text, foreign);
}

Result<Node> parse_json(std::string_view text, std::vector<std::string>& repeated) {
  return parse(text, foreign, &repeated);
}

Result<Node> parse_own_json(std::string_view text) {
  return parse(text, own);
}

}  // namespace muster
