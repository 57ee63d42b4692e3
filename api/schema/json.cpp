// Reading JSON. The SAX interface, because the parser itself is iterative and the limits must hold while it reads.
#include "api/schema/json.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <nlohmann/json.hpp>

#include "api/base/limits.h"
#include "api/base/text.h"
#include "api/schema/path.h"

namespace muster {

namespace {

// Walks the text and tells where the parser is.
class Input {
 public:
  using iterator_category = std::forward_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  Input() = default;
  Input(const char* at, const char** reached) : at_(at), reached_(reached) {}

  reference operator*() const { return *at_; }
  Input& operator++() {
    *reached_ = ++at_;
    return *this;
  }
  Input operator++(int) {
    Input before = *this;
    ++*this;
    return before;
  }
  bool operator==(const Input& other) const { return at_ == other.at_; }

 private:
  const char* at_ = nullptr;
  const char** reached_ = nullptr;
};

// Lines and columns of places that are asked for in increasing order.
class Lines {
 public:
  explicit Lines(std::string_view text)
      : begin_(text.data()), at_(text.data()), one_line_(std::ranges::none_of(text, [](char letter) {
          return letter == '\n' || static_cast<unsigned char>(letter) >= 0x80;
        })) {}

  Mark mark(const char* place) {
    if (one_line_) return Mark{1, static_cast<std::uint32_t>(place - begin_) + 1};
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
  bool one_line_;  // and ASCII: what programs send
  Mark mark_{1, 1};
};

class Builder {
 public:
  using Json = nlohmann::json;

  explicit Builder(std::string_view text)
      : end_(text.data() + text.size()), reached_(text.data()), resumed_(text.data()), lines_(text) {}

  const char** reached() { return &reached_; }
  Node take() { return std::move(root_); }
  Error take_error() { return std::move(error_); }

  // The interface that nlohmann's parser calls; false stops it.
  bool null() { return add() != nullptr; }
  bool boolean(bool value) {
    Node* node = add();
    if (node == nullptr) return false;
    node->kind = Node::Kind::boolean;
    node->boolean = value;
    return true;
  }
  bool number_integer(Json::number_integer_t value) {
    Node* node = add();
    if (node == nullptr) return false;
    node->kind = Node::Kind::integer;
    node->integer = value;
    return true;
  }
  bool number_unsigned(Json::number_unsigned_t value) {
    if (value > static_cast<std::uint64_t>(INT64_MAX)) return real(static_cast<double>(value));
    return number_integer(static_cast<std::int64_t>(value));
  }
  bool number_float(Json::number_float_t value, const std::string&) { return real(value); }
  bool string(const std::string& value) {
    Node* node = add();
    if (node == nullptr) return false;
    node->kind = Node::Kind::string;
    node->text = value;
    return true;
  }
  bool binary(const Json::binary_t&) { return false; }
  bool start_object(std::size_t) { return open(Node::Kind::map); }
  bool start_array(std::size_t) { return open(Node::Kind::list); }
  bool end_object() {
    const bool unique = names_are_unique(*open_[--depth_]);
    resumed_ = reached_;
    return unique;
  }
  bool end_array() {
    --depth_;
    resumed_ = reached_;
    return true;
  }
  bool key(const std::string& name) {
    Node& map = *open_[depth_ - 1];
    key_mark_ = here();
    if (map.members.size() < searched_names && map.find(name) != nullptr) return repeated(name, key_mark_);
    if (map.members.empty()) map.members.reserve(4);
    member_ = &map.members.emplace_back(name, Node{}).second;
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const Json::exception& exception) {
    std::string_view what = exception.what();
    // "[json.exception.parse_error.101] parse error at line 1, column 5: syntax error while parsing value - invalid
    // literal; last read: 'x'": the place is ours to give, and what was read may be long or not be text.
    const auto after = [&](std::string_view mark) {
      const std::size_t found = what.find(mark);
      if (found != std::string_view::npos) what.remove_prefix(found + mark.size());
    };
    after("] ");
    if (what.starts_with("parse error")) after(": ");
    what = what.substr(0, what.find("; last read"));
    if (what.starts_with("syntax error ")) what.remove_prefix(13);
    const char* last = reached_ > resumed_ && reached_ <= end_ ? reached_ - 1 : reached_;
    return fail(lines_.mark(std::max(last, resumed_)), str("not valid JSON, ", what.substr(0, 160)));
  }

 private:
  // Up to so many names, each is compared with those before it; larger maps are checked once, sorted.
  static constexpr std::size_t searched_names = 32;

  bool fail(Mark mark, std::string_view message) {
    error_ = Error{Code::malformed, str("line ", mark.line, ", column ", mark.column, ": ", message), {}};
    return false;
  }
  bool repeated(std::string_view name, Mark mark) {
    return fail(mark, str("the name ", quote_text(name), " appears twice in one object"));
  }

  // Where the token that was just read begins. Between it and the one before stand only these characters.
  Mark here() {
    const char* token = resumed_;
    while (token < reached_ && std::string_view(" \t\r\n,:]}").find(*token) != std::string_view::npos) ++token;
    resumed_ = reached_;
    return lines_.mark(token);
  }

  Node* add() {
    if (++nodes_ > limits::document_nodes) {
      fail(here(), str("more than ", limits::document_nodes, " values in one document"));
      return nullptr;
    }
    if (depth_ == 0) {
      root_.mark = here();
      return &root_;
    }
    Node& parent = *open_[depth_ - 1];
    if (parent.kind == Node::Kind::map) {
      resumed_ = reached_;
      member_->mark = key_mark_;
      return member_;
    }
    Node& item = parent.items.emplace_back();
    item.mark = here();
    return &item;
  }

  bool real(double value) {
    Node* node = add();
    if (node == nullptr) return false;
    node->kind = Node::Kind::number;
    node->number = value;
    return true;
  }

  bool open(Node::Kind kind) {
    if (depth_ == limits::document_depth) {
      return fail(here(), str("nested deeper than ", limits::document_depth, " levels"));
    }
    Node* node = add();
    if (node == nullptr) return false;
    node->kind = kind;
    open_[depth_++] = node;  // stays where it is: its parent grows only after it is closed
    return true;
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

  const char* end_;
  const char* reached_;  // how far the parser has read
  const char* resumed_;  // how far it had read at the token before
  Lines lines_;
  std::size_t nodes_ = 0;
  std::size_t depth_ = 0;
  std::array<Node*, limits::document_depth> open_{};
  Node* member_ = nullptr;  // the value of the last key
  Mark key_mark_;
  Node root_;
  Error error_;
};

}  // namespace

Result<Node> parse_json(std::string_view text) {
  if (text.size() > limits::manifest_bytes) {
    return Error{Code::too_large, str("a JSON text of more than ", limits::manifest_bytes, " bytes"), {}};
  }
  if (trim(text).empty()) return Error{Code::malformed, "line 1, column 1: the text is empty", {}};
  Builder builder(text);
  const Input begin(text.data(), builder.reached());
  const Input end(text.data() + text.size(), builder.reached());
  if (!nlohmann::json::sax_parse(begin, end, &builder)) return builder.take_error();
  return builder.take();
}

}  // namespace muster
