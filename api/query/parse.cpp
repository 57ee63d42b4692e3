#include <algorithm>
#include <array>
#include <utility>

#include "api/base/text.h"
#include "api/query/node.h"
#include "api/query/query.h"

namespace muster::query {
namespace {

constexpr int depth_most = 32;
constexpr std::size_t attribute_name_most = 128;

using NodePtr = std::shared_ptr<const Node>;

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}
bool is_name(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '.' ||
         c == '/' || c == '-';
}
bool is_bare(char c) {
  return !is_space(c) && std::string_view("()[],'\"=!<>&|~").find(c) == std::string_view::npos;
}

struct OperatorWord {
  std::string_view text;
  Operator op;
};
// The longer of two symbols with the same beginning comes first.
constexpr std::array<OperatorWord, 8> symbols{{
    {"==", Operator::equals},
    {"!=", Operator::not_equals},
    {">=", Operator::greater_equal},
    {"<=", Operator::less_equal},
    {"=~", Operator::matches},
    {"!~", Operator::not_matches},
    {">", Operator::greater},
    {"<", Operator::less},
}};
constexpr std::array<OperatorWord, 14> words{{
    {"equals", Operator::equals},
    {"not_equals", Operator::not_equals},
    {"greater_than", Operator::greater},
    {"greater_than_equal", Operator::greater_equal},
    {"less_than", Operator::less},
    {"less_than_equal", Operator::less_equal},
    {"exists", Operator::exists},
    {"not_exists", Operator::not_exists},
    {"!exists", Operator::not_exists},
    {"in", Operator::in},
    {"not_in", Operator::not_in},
    {"!in", Operator::not_in},
    {"matches", Operator::matches},
    {"not_matches", Operator::not_matches},
}};

struct PropertyWord {
  std::string_view text;
  Property property;
};
constexpr std::array<PropertyWord, 6> properties{{
    {"agentConnected", Property::agent_connected},
    {"agentVersion", Property::agent_version},
    {"ec2InstanceId", Property::ec2_instance_id},
    {"registeredAt", Property::registered_at},
    {"runningTasksCount", Property::running_tasks_count},
    {"task:group", Property::task_group},
}};

bool is_ordering(Operator op) {
  return op == Operator::greater || op == Operator::greater_equal || op == Operator::less || op == Operator::less_equal;
}
bool is_match(Operator op) {
  return op == Operator::matches || op == Operator::not_matches;
}
bool is_existence(Operator op) {
  return op == Operator::exists || op == Operator::not_exists;
}
bool is_membership(Operator op) {
  return op == Operator::in || op == Operator::not_in;
}

bool allowed(Property property, Operator op) {
  switch (property) {
    case Property::attribute: return true;
    case Property::agent_version:
    case Property::registered_at:
    case Property::running_tasks_count: return !is_existence(op) && !is_match(op);
    case Property::agent_connected:
    case Property::ec2_instance_id:
    case Property::task_group: return !is_existence(op) && !is_ordering(op);
  }
  return false;
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<NodePtr> whole() {
    skip();
    if (at_end()) return fail(position_, "an empty expression");
    TRY(auto node, any_of(0));
    skip();
    if (!at_end()) return fail(position_, str("unexpected \"", rest(), "\""));
    return node;
  }

 private:
  bool at_end() const { return position_ >= text_.size(); }
  char peek() const { return text_[position_]; }
  std::string_view rest() const { return text_.substr(position_, 20); }
  void skip() {
    while (!at_end() && is_space(peek())) ++position_;
  }
  static Error fail(std::size_t position, std::string_view what) {
    return Error{Code::invalid, str(what, " at position ", position + 1), {}};
  }
  // A symbol, or a word that ends there.
  bool take(std::string_view symbol) {
    skip();
    if (text_.substr(position_, symbol.size()) != symbol) return false;
    const auto end = position_ + symbol.size();
    const bool word = is_name(symbol.back());
    if (word && end < text_.size() && (is_name(text_[end]) || text_[end] == ':')) return false;
    position_ = end;
    return true;
  }

  static NodePtr combine(NodeKind kind, std::vector<NodePtr> children) {
    if (children.size() == 1) return std::move(children.front());
    Node node;
    node.kind = kind;
    node.children = std::move(children);
    return std::make_shared<const Node>(std::move(node));
  }

  Result<NodePtr> any_of(int depth) {
    std::vector<NodePtr> children;
    do {
      TRY(auto child, all_of(depth));
      children.push_back(std::move(child));
    } while (take("||") || take("or"));
    return combine(NodeKind::any_of, std::move(children));
  }

  Result<NodePtr> all_of(int depth) {
    std::vector<NodePtr> children;
    do {
      TRY(auto child, unary(depth));
      children.push_back(std::move(child));
    } while (take("&&") || take("and"));
    return combine(NodeKind::all_of, std::move(children));
  }

  Result<NodePtr> unary(int depth) {
    if (depth > depth_most) return fail(position_, "an expression nested too deeply");
    if (take("!") || take("not")) {
      Node node;
      node.kind = NodeKind::negation;
      TRY(auto child, unary(depth + 1));
      node.children.push_back(std::move(child));
      return NodePtr(std::make_shared<const Node>(std::move(node)));
    }
    if (take("(")) {
      const auto open = position_ - 1;
      TRY(auto inner, any_of(depth + 1));
      if (!take(")")) {
        return fail(position_, str("expected ) for the ( of position ", open + 1));
      }
      return inner;
    }
    return predicate();
  }

  Result<NodePtr> predicate() {
    skip();
    const auto begin = position_;
    while (!at_end() && (is_name(peek()) || peek() == ':')) ++position_;
    const auto word = text_.substr(begin, position_ - begin);
    Node node;
    if (word.rfind("attribute:", 0) == 0) {
      const auto name = word.substr(10);
      if (name.empty() || name.size() > attribute_name_most || name.find(':') != std::string_view::npos) {
        return fail(begin, "expected a name after attribute: (1 to 128 letters, digits, _ / . -)");
      }
      node.attribute = std::string(name);
    } else {
      const auto* found =
          std::find_if(properties.begin(), properties.end(), [&](const auto& p) { return p.text == word; });
      if (found == properties.end()) {
        return fail(begin,
                    "expected agentConnected, agentVersion, attribute:NAME, ec2InstanceId, registeredAt, "
                    "runningTasksCount or task:group");
      }
      node.property = found->property;
    }
    skip();
    const auto at = position_;
    TRY(node.op, read_operator());
    if (!allowed(node.property, node.op)) return fail(at, str("an operator that ", word, " does not have"));
    if (!is_existence(node.op)) TRY_VOID(read_arguments(node));
    return NodePtr(std::make_shared<const Node>(std::move(node)));
  }

  Result<Operator> read_operator() {
    // `!in` and `!exists` begin like `!=`, so words are tried first.
    for (const auto& word : words) {
      if (take(word.text)) return word.op;
    }
    for (const auto& symbol : symbols) {
      if (take(symbol.text)) return symbol.op;
    }
    if (!at_end() && peek() == '=') return fail(position_, "a single = (equality is ==)");
    return fail(position_, "expected an operator");
  }

  Status read_arguments(Node& node) {
    if (is_membership(node.op) && take("[")) {
      do {
        TRY_VOID(read_argument(node));
      } while (take(","));
      if (!take("]")) return fail(position_, "expected , or ]");
      return {};
    }
    return read_argument(node);
  }

  Status read_argument(Node& node) {
    skip();
    const auto begin = position_;
    Argument argument;
    if (!at_end() && (peek() == '\'' || peek() == '"')) {
      const char quote = text_[position_++];
      const auto end = text_.find(quote, position_);
      if (end == std::string_view::npos) return fail(begin, "a quote that is not closed");
      argument.text = std::string(text_.substr(position_, end - position_));
      position_ = end + 1;
    } else {
      position_ = is_match(node.op) ? end_of_bare_pattern() : end_of_bare_word();
      if (position_ == begin) return fail(begin, "expected a value");
      argument.text = std::string(text_.substr(begin, position_ - begin));
    }
    TRY_VOID(interpret(node, argument, begin));
    node.arguments.push_back(std::move(argument));
    return {};
  }

  std::size_t end_of_bare_word() const {
    auto end = position_;
    while (end < text_.size() && is_bare(text_[end])) ++end;
    return end;
  }

  // A pattern may hold brackets of its own; it ends at a space, at `&&` or `||`, or at a bracket that it did not open.
  std::size_t end_of_bare_pattern() const {
    int open = 0;
    auto end = position_;
    for (; end < text_.size() && !is_space(text_[end]); ++end) {
      const char c = text_[end];
      const char next = end + 1 < text_.size() ? text_[end + 1] : '\0';
      if (open == 0 && ((c == '&' && next == '&') || (c == '|' && next == '|'))) break;
      if (c == '\\' && next != '\0' && !is_space(next)) {
        ++end;
      } else if (c == '(' || c == '[') {
        ++open;
      } else if ((c == ')' || c == ']') && --open < 0) {
        break;
      }
    }
    return end;
  }

  Status interpret(Node& node, Argument& argument, std::size_t at) const {
    if (is_match(node.op)) {
      auto pattern = Pattern::compile(argument.text);
      if (!pattern.ok()) return fail(at, pattern.error().message + ", in the value");
      node.pattern = std::move(pattern).value();
      return {};
    }
    switch (node.property) {
      case Property::agent_connected:
        if (argument.text != "true" && argument.text != "false") return fail(at, "expected true or false");
        return {};
      case Property::running_tasks_count: {
        const auto number = parse_int(argument.text);
        if (!number) return fail(at, "expected a whole number");
        argument.number = *number;
        return {};
      }
      case Property::registered_at: return interpret_time(argument, at);
      case Property::agent_version:
      case Property::attribute:
      case Property::ec2_instance_id:
      case Property::task_group: return {};
    }
    return {};
  }

  // ECS also takes a time without a zone (UTC) and a date alone.
  static Status interpret_time(Argument& argument, std::size_t at) {
    for (const std::string_view suffix : {"", "Z", "T00:00:00Z"}) {
      if (auto time = parse_time(argument.text + std::string(suffix)); time.ok()) {
        argument.time = *time;
        return {};
      }
    }
    return fail(at, "expected a time such as 2026-11-22T20:00:00Z, or a date");
  }

  std::string_view text_;
  std::size_t position_ = 0;
};

}  // namespace

Result<NodePtr> parse_expression(std::string_view text) {
  if (text.size() > expression_bytes) {
    return Error{Code::invalid, str("longer than ", expression_bytes, " characters"), {}};
  }
  return Parser(text).whole();
}

}  // namespace muster::query
