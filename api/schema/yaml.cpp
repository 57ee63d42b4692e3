// Reading YAML: yaml-cpp's parser drives a handler that builds our tree and keeps the budgets. Its own loader is never
// used: it loops for ever on ",", shares nodes between aliases, and takes the first of two equal keys.
#include "api/schema/yaml.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <sstream>
#include <unordered_map>
#include <utility>

#include "api/base/limits.h"
#include "api/base/text.h"
#include "api/schema/json.h"
#include "api/schema/path.h"
#include "api/schema/repeated.h"
#include "api/schema/utf8.h"
#include "api/schema/yaml_scalar.h"

namespace muster {

namespace {

using Member = std::pair<std::string, Node>;

// Leaves yaml-cpp's recursion; never leaves this file.
struct Refusal {
  Mark mark;
  std::string message;
};

[[noreturn]] void refuse(Mark mark, std::string message) {
  throw Refusal{mark, std::move(message)};
}

Error located(Mark mark, std::string_view message) {
  return Error{Code::malformed, str("line ", mark.line, ", column ", mark.column, ": ", message), {}};
}

// The text as a whole is UTF-8, but for the escapes \N (U+0085) and \_ (U+00A0) yaml-cpp puts in the last byte alone.
std::string with_whole_characters(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) out += '\xC2';
    out += text.substr(0, std::max<std::size_t>(length, 1));
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out;
}

// yaml-cpp counts lines and bytes from 0; people count characters from 1.
class Places {
 public:
  explicit Places(std::string_view text)
      : text_(text),
        ascii_(std::ranges::all_of(text, [](char letter) { return static_cast<unsigned char>(letter) < 0x80; })) {}

  Mark mark(const YAML::Mark& place) const {
    Mark mark{static_cast<std::uint32_t>(place.line + 1), static_cast<std::uint32_t>(place.column + 1)};
    const auto column = static_cast<std::size_t>(place.column);
    const std::size_t position = offset(place);
    // Counting is quadratic on one endless line, where a column helps nobody anyway.
    constexpr std::size_t longest_counted = 1'000;
    if (ascii_ || column > longest_counted || column > position) return mark;
    const std::string_view before = text_.substr(position - column, column);
    const auto further = std::ranges::count_if(
        before, [](char letter) { return (static_cast<unsigned char>(letter) & 0xC0U) == 0x80U; });
    mark.column -= static_cast<std::uint32_t>(further);
    return mark;
  }

  std::size_t offset(const YAML::Mark& place) const {
    return std::min(static_cast<std::size_t>(std::max(place.pos, 0)), text_.size());
  }

  // Whether a document may begin here: at "---", or after the "..." that ended the one before.
  bool begins_document(const YAML::Mark& place) const {
    const std::size_t position = offset(place);
    if (text_.substr(position).starts_with("---")) return true;
    std::string_view before = text_.substr(0, position);
    while (!before.empty()) {
      const std::size_t start = before.find_last_of('\n');
      const std::string_view line = before.substr(start == std::string_view::npos ? 0 : start + 1);
      if (line.starts_with("...")) return true;
      const std::string_view content = trim(line);
      if (!content.empty() && content.front() != '#' && content.front() != '%') return false;
      before = start == std::string_view::npos ? std::string_view() : before.substr(0, start);
    }
    return false;
  }

 private:
  std::string_view text_;
  bool ascii_;
};

class Builder final : public YAML::EventHandler {
 public:
  Builder(const Places& places, std::vector<std::string>* repeated) : places_(places), repeated_(repeated) {}

  std::vector<Node> take() { return std::move(documents_); }

  void OnDocumentStart(const YAML::Mark& place) override {
    if (started_ > 0 && !places_.begins_document(place)) {
      refuse(places_.mark(place), "unexpected text after the end of the value");
    }
    if (++started_ > limits::manifest_documents) {
      refuse(places_.mark(place), str("more than ", limits::manifest_documents, " documents in one text"));
    }
    root_ = Node{};
    depth_ = 0;
    nodes_ = 0;
    expanded_ = 0;
    anchors_.clear();
  }
  void OnDocumentEnd() override {
    if (std::exchange(has_repeated_, false)) {
      for (std::string& path : drop_repeated(root_)) repeated_->push_back(std::move(path));
    }
    if (!root_.is_null()) documents_.push_back(std::move(root_));
  }

  void OnNull(const YAML::Mark& place, YAML::anchor_t anchor) override {
    const Mark mark = places_.mark(place);
    if (expects_key()) refuse(mark, "a key must be a string; write null in quotes");
    add(Node{}, mark, anchor);
  }
  void OnScalar(const YAML::Mark& place, const std::string& tag, YAML::anchor_t anchor,
                const std::string& given) override {
    const Mark mark = places_.mark(place);
    std::string mended;
    if (!valid_utf8(given)) mended = with_whole_characters(given);
    const std::string& value = mended.empty() ? given : mended;
    if (expects_key()) {
      if (value == "<<" && tag == "?") refuse(mark, "merge keys (<<) are not supported; write the fields out");
      if (anchor != 0) refuse(mark, "an anchor on a key is not supported");
      check_key_tag(tag, mark);
      begin_member(value, mark);
    } else {
      add(scalar(tag, value, mark), mark, anchor);
    }
  }
  void OnAlias(const YAML::Mark& place, YAML::anchor_t anchor) override {
    const Mark mark = places_.mark(place);
    if (expects_key()) refuse(mark, "an alias cannot be a key");
    expand(anchor, mark);
  }
  void OnSequenceStart(const YAML::Mark& place, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    open(Node::list(), "seq", places_.mark(place), tag, anchor);
  }
  void OnSequenceEnd() override { --depth_; }
  void OnMapStart(const YAML::Mark& place, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    open(Node::map(), "map", places_.mark(place), tag, anchor);
  }
  void OnMapEnd() override {
    check_names(*open_[depth_ - 1].node);
    --depth_;
  }

 private:
  struct Level {
    Node* node = nullptr;   // stays where it is: its parent grows only after it is closed
    std::size_t index = 0;  // within its parent
    bool has_key = false;   // of a map: the last member waits for its value
  };
  using Position = std::vector<std::size_t>;  // the way down from the root

  static constexpr std::size_t searched_names = 32;
  static constexpr std::string_view core = "tag:yaml.org,2002:";

  bool expects_key() const { return depth_ > 0 && open_[depth_ - 1].node->is_map() && !open_[depth_ - 1].has_key; }

  void count_node(Mark mark) {
    if (++nodes_ > limits::document_nodes) {
      refuse(mark, str("more than ", limits::document_nodes, " values in one document"));
    }
  }

  void begin_member(const std::string& name, Mark mark) {
    Level& level = open_[depth_ - 1];
    if (level.node->members.size() < searched_names && level.node->find(name) != nullptr) repeated(name, mark);
    level.node->members.emplace_back(name, Node{}).second.mark = mark;
    level.has_key = true;
  }

  // Puts the node in its place and returns it there.
  Node& add(Node node, Mark mark, YAML::anchor_t anchor) {
    count_node(mark);
    Node& placed = place_for(mark);
    const Mark kept = placed.mark;
    placed = std::move(node);
    placed.mark = kept;
    if (anchor != 0) remember(anchor, mark);
    return placed;
  }

  Node& place_for(Mark mark) {
    if (depth_ == 0) {
      root_.mark = mark;
      return root_;
    }
    Level& level = open_[depth_ - 1];
    if (level.node->is_map()) {
      level.has_key = false;
      return level.node->members.back().second;
    }
    Node& item = level.node->items.emplace_back();
    item.mark = mark;
    return item;
  }

  void open(Node container, std::string_view name, Mark mark, const std::string& tag, YAML::anchor_t anchor) {
    if (expects_key()) refuse(mark, "a key must be a string, not a list or a map");
    if (tag != "?" && tag != "!" && tag != str(core, name)) refuse_tag(tag, mark);
    if (depth_ == limits::document_depth) refuse(mark, str("nested deeper than ", limits::document_depth, " levels"));
    Node& placed = add(std::move(container), mark, anchor);
    const std::size_t index = depth_ == 0 ? 0 : last_index(*open_[depth_ - 1].node);
    open_[depth_++] = Level{&placed, index, false};
  }

  static std::size_t last_index(const Node& parent) {
    return (parent.is_map() ? parent.members.size() : parent.items.size()) - 1;
  }

  Node scalar(const std::string& tag, const std::string& value, Mark mark) const {
    if (tag == "!" || tag == str(core, "str")) return Node::of(value);
    Node node = resolve_scalar(value);
    if (node.kind == Node::Kind::number && !std::isfinite(node.number)) {
      refuse(mark, str(quote_text(value), " is not a finite number; write it in quotes if a string is meant"));
    }
    if (tag == "?") return node;
    const bool integer = node.kind == Node::Kind::integer;
    const bool fits = (tag == str(core, "int") && integer) ||
                      (tag == str(core, "float") && (integer || node.kind == Node::Kind::number)) ||
                      (tag == str(core, "bool") && node.kind == Node::Kind::boolean) ||
                      (tag == str(core, "null") && node.is_null());
    if (!fits) refuse_tag(tag, mark);
    return node;
  }

  static void check_key_tag(const std::string& tag, Mark mark) {
    if (tag != "?" && tag != "!" && tag != str(core, "str")) refuse_tag(tag, mark);
  }
  [[noreturn]] static void refuse_tag(const std::string& tag, Mark mark) {
    refuse(mark, str("the tag ", quote_text(tag), " is not supported here"));
  }
  void repeated(std::string_view name, Mark mark) {
    if (repeated_ == nullptr) refuse(mark, str("the key ", quote_text(name), " appears twice in one map"));
    has_repeated_ = true;
  }

  void check_names(const Node& map) {
    if (map.members.size() <= searched_names) return;
    std::vector<const Member*> sorted;
    sorted.reserve(map.members.size());
    for (const Member& member : map.members) sorted.push_back(&member);
    const auto name_of = [](const Member* member) -> const std::string& { return member->first; };
    std::ranges::stable_sort(sorted, {}, name_of);
    const auto twice = std::ranges::adjacent_find(sorted, {}, name_of);
    if (twice != sorted.end()) repeated((*twice)->first, (*std::next(twice))->second.mark);
  }

  void remember(YAML::anchor_t anchor, Mark mark) {
    if (anchors_.size() >= limits::alias_expansions) {
      refuse(mark, str("more than ", limits::alias_expansions, " anchors in one document"));
    }
    Position position;
    for (std::size_t level = 1; level < depth_; ++level) position.push_back(open_[level].index);
    if (depth_ > 0) position.push_back(last_index(*open_[depth_ - 1].node));
    anchors_[anchor] = std::move(position);
  }

  void expand(YAML::anchor_t anchor, Mark mark) {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) refuse(mark, "the alias refers to nothing");
    const Position& position = found->second;
    const Node* source = &root_;
    for (const std::size_t index : position) {
      source = source->is_map() ? &source->members[index].second : &source->items[index];
    }
    if (position.size() < depth_ && open_[position.size()].node == source) {
      refuse(mark, "the alias refers to a value that contains it");
    }
    measure(*source, depth_, mark);
    Node copy = *source;  // before its place is made, which may move the source
    Node& placed = place_for(mark);
    copy.mark = placed.mark;
    placed = std::move(copy);
  }

  // Counts what an alias adds, and stops as soon as it is too much.
  void measure(const Node& node, std::size_t depth, Mark mark) {
    if (++expanded_ > limits::alias_expansions) {
      refuse(mark, str("aliases add more than ", limits::alias_expansions, " values"));
    }
    count_node(mark);
    const bool container = node.is_list() || node.is_map();
    if (container && depth >= limits::document_depth) {
      refuse(mark, str("nested deeper than ", limits::document_depth, " levels"));
    }
    for (const Node& item : node.items) measure(item, depth + 1, mark);
    for (const Member& member : node.members) measure(member.second, depth + 1, mark);
  }

  const Places& places_;
  std::vector<std::string>* repeated_;  // null: an error
  bool has_repeated_ = false;
  std::vector<Node> documents_;
  std::size_t started_ = 0;
  Node root_;
  std::array<Level, limits::document_depth> open_{};
  std::size_t depth_ = 0;
  std::size_t nodes_ = 0;
  std::size_t expanded_ = 0;
  std::unordered_map<YAML::anchor_t, Position> anchors_;
};

// The first character that YAML does not allow. yaml-cpp would take U+0004 for the end of the text.
struct Forbidden {
  std::size_t position;
  std::string_view message;
};
std::optional<Forbidden> forbidden_character(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if ((byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') || byte == 0x7F) {
      return Forbidden{at, "a control character is not allowed"};
    }
    const std::size_t length = utf8_length(text.substr(at));
    if (length == 0) return Forbidden{at, "not valid UTF-8"};
    at += length;
  }
  return std::nullopt;
}

Mark mark_of(std::string_view text, std::size_t position) {
  Mark mark{1, 1};
  for (const char letter : text.substr(0, position)) {
    if (letter == '\n') {
      ++mark.line;
      mark.column = 1;
    } else if ((static_cast<unsigned char>(letter) & 0xC0U) != 0x80U) {
      ++mark.column;
    }
  }
  return mark;
}

// A text of one JSON value; a stream of such documents is read as YAML.
bool is_json(std::string_view text) {
  const std::string_view content = trim(text);
  return (content.starts_with('{') || content.starts_with('[')) && text.find("\n---") == std::string_view::npos;
}

Result<std::vector<Node>> parse_documents(std::string_view text, std::vector<std::string>* repeated) {
  if (const auto found = forbidden_character(text)) return located(mark_of(text, found->position), found->message);
  const Places places(text);
  Builder builder(places, repeated);
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const Refusal& refusal) {
    return located(refusal.mark, refusal.message);
  } catch (const YAML::Exception& exception) {
    // It may quote one byte of a character.
    const std::string_view message = std::string_view(exception.msg).substr(0, 160);
    std::size_t whole = 0;
    while (const std::size_t length = utf8_length(message.substr(whole))) whole += length;
    return located(places.mark(exception.mark), str("not valid YAML, ", message.substr(0, whole)));
  }
  return builder.take();
}

Result<std::vector<Node>> parse(std::string_view text, std::vector<std::string>* repeated) {
  if (text.size() > limits::manifest_bytes) {
    return Error{Code::too_large, str("a YAML text of more than ", limits::manifest_bytes, " bytes"), {}};
  }
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  if (!is_json(text)) return parse_documents(text, repeated);
  auto node = repeated == nullptr ? parse_json(text) : parse_json(text, *repeated);
  if (node.ok()) {
    std::vector<Node> documents;
    documents.push_back(std::move(node).value());
    return documents;
  }
  // "{spec: {desiredCount: 4}}" is YAML. Where it is neither, it was meant to be JSON.
  if (repeated != nullptr) repeated->clear();
  auto documents = parse_documents(text, repeated);
  return documents.ok() ? std::move(documents) : Result<std::vector<Node>>(std::move(node).error());
}

}  // namespace

Result<std::vector<Node>> parse_yaml(std::string_view text) {
  return parse(text, nullptr);
}

Result<std::vector<Node>> parse_yaml(std::string_view text, std::vector<std::string>& repeated) {
  return parse(text, &repeated);
}

}  // namespace muster
