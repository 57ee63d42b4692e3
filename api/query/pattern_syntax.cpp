#include "api/query/pattern_syntax.h"

#include <utility>

#include "api/base/text.h"

namespace muster::query {
namespace {

constexpr int depth_most = 32;
constexpr std::uint32_t repeat_most = 1000;

using NodePtr = std::unique_ptr<PatternNode>;

NodePtr make_node(PatternKind kind) {
  auto node = std::make_unique<PatternNode>();
  node->kind = kind;
  return node;
}

bool is_alnum(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  Result<NodePtr> whole() {
    TRY(auto node, choice(0));
    if (!at_end()) return fail("unmatched )");
    return node;
  }

 private:
  bool at_end() const { return position_ >= text_.size(); }
  char peek() const { return text_[position_]; }
  bool take(char c) {
    if (at_end() || peek() != c) return false;
    ++position_;
    return true;
  }
  Error fail(std::string_view what) const {
    return Error{Code::invalid, str("pattern: ", what, " at position ", position_ + 1), {}};
  }

  Result<NodePtr> choice(int depth) {
    if (depth > depth_most) return fail("nested too deeply");
    TRY(auto first, sequence(depth));
    if (at_end() || peek() != '|') return first;
    auto node = make_node(PatternKind::choice);
    node->children.push_back(std::move(first));
    while (take('|')) {
      TRY(auto next, sequence(depth));
      node->children.push_back(std::move(next));
    }
    return node;
  }

  Result<NodePtr> sequence(int depth) {
    auto node = make_node(PatternKind::sequence);
    while (!at_end() && peek() != '|' && peek() != ')') {
      TRY(auto piece, atom(depth));
      TRY(auto repeated, quantified(std::move(piece)));
      node->children.push_back(std::move(repeated));
    }
    return node;
  }

  Result<NodePtr> quantified(NodePtr piece) {
    if (at_end()) return piece;
    auto node = make_node(PatternKind::repeat);
    if (take('*')) {
      node->unbounded = true;
    } else if (take('+')) {
      node->least = 1;
      node->unbounded = true;
    } else if (take('?')) {
      node->most = 1;
    } else if (take('{')) {
      TRY_VOID(bounds(*node));
    } else {
      return piece;
    }
    if (!take('?') && !at_end()) {
      if (peek() == '+') return fail("possessive quantifiers are not supported");
      if (peek() == '*' || peek() == '{') return fail("two quantifiers in a row");
    }
    node->children.push_back(std::move(piece));
    return node;
  }

  Result<std::uint32_t> number() {
    std::uint32_t value = 0;
    const auto begin = position_;
    for (; !at_end() && peek() >= '0' && peek() <= '9'; ++position_) {
      value = value * 10 + static_cast<std::uint32_t>(peek() - '0');
      if (value > repeat_most) return fail(str("a repetition of more than ", repeat_most));
    }
    if (position_ == begin) return fail("expected a number");
    return value;
  }

  Status bounds(PatternNode& node) {
    TRY(node.least, number());
    node.most = node.least;
    if (take(',')) {
      if (at_end()) return fail("expected }");
      if (peek() == '}') {
        node.unbounded = true;
      } else {
        TRY(node.most, number());
        if (node.most < node.least) return fail("a repetition whose bounds are the wrong way round");
      }
    }
    if (!take('}')) return fail("expected }");
    return {};
  }

  Result<NodePtr> atom(int depth) {
    const char c = peek();
    switch (c) {
      case '(': return group(depth);
      case '[': return set();
      case '\\': return escape();
      case '*':
      case '+':
      case '?':
      case '{': return fail("nothing to repeat");
      case '.': ++position_; return make_node(PatternKind::any);
      case '^': ++position_; return make_node(PatternKind::begin);
      case '$': ++position_; return make_node(PatternKind::end);
      default: break;
    }
    ++position_;
    auto node = make_node(PatternKind::byte);
    node->byte = static_cast<std::uint8_t>(c);
    return node;
  }

  Result<NodePtr> group(int depth) {
    ++position_;
    if (take('?') && !take(':')) return fail("look-around, flags and named groups are not supported");
    TRY(auto node, choice(depth + 1));
    if (!take(')')) return fail("expected )");
    // A group may stand where one thing is repeated, so it is never merged into its sequence.
    return node;
  }

  // After the backslash: a class of bytes (\d) or one byte.
  Status escaped(Pattern::Set& out) {
    if (at_end()) return fail("a backslash at the end");
    const char c = text_[position_];
    Pattern::Set set;
    switch (c) {
      case 'd':
      case 'D':
        for (unsigned b = '0'; b <= '9'; ++b) set.set(b);
        break;
      case 'w':
      case 'W':
        for (unsigned b = 0; b < 128; ++b) {
          if (is_alnum(static_cast<char>(b)) || b == '_') set.set(b);
        }
        break;
      case 's':
      case 'S':
        for (const char b : {' ', '\t', '\n', '\r', '\f', '\v'}) set.set(static_cast<std::uint8_t>(b));
        break;
      case 't': set.set('\t'); break;
      case 'n': set.set('\n'); break;
      case 'r': set.set('\r'); break;
      default:
        if (is_alnum(c)) return fail(str("\\", c, " is not supported"));
        set.set(static_cast<std::uint8_t>(c));
        break;
    }
    ++position_;
    out = c == 'D' || c == 'W' || c == 'S' ? ~set : set;
    return {};
  }

  Result<NodePtr> escape() {
    ++position_;
    auto node = make_node(PatternKind::set);
    TRY_VOID(escaped(node->set));
    return node;
  }

  Result<NodePtr> set() {
    ++position_;
    const bool negated = take('^');
    auto node = make_node(PatternKind::set);
    for (bool first = true;; first = false) {
      if (at_end()) return fail("expected ]");
      if (peek() == ']' && !first) break;
      if (peek() == '[') return fail("a [ inside [] must be escaped");
      if (peek() == '&' && position_ + 1 < text_.size() && text_[position_ + 1] == '&') {
        return fail("intersections (&&) inside [] are not supported");
      }
      TRY_VOID(set_item(node->set));
    }
    ++position_;
    if (negated) node->set = ~node->set;
    return node;
  }

  Status set_item(Pattern::Set& out) {
    if (take('\\')) {
      Pattern::Set piece;
      TRY_VOID(escaped(piece));
      out |= piece;
      return {};
    }
    const auto low = static_cast<std::uint8_t>(text_[position_++]);
    std::uint8_t high = low;
    if (position_ + 1 < text_.size() && peek() == '-' && text_[position_ + 1] != ']') {
      ++position_;
      if (peek() == '\\' || peek() == '[') return fail("a range must end with a plain character");
      high = static_cast<std::uint8_t>(text_[position_++]);
      if (high < low) return fail("a range whose ends are the wrong way round");
    }
    for (unsigned b = low; b <= high; ++b) out.set(b);
    return {};
  }

  std::string_view text_;
  std::size_t position_ = 0;
};

}  // namespace

Result<std::unique_ptr<PatternNode>> read_pattern(std::string_view text) {
  return Reader(text).whole();
}

}  // namespace muster::query
