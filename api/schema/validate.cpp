// The rules of a description over a typed value. What encoding leaves out counts as absent and is not looked at.
#include "api/base/limits.h"
#include "api/schema/decode.h"
#include "api/schema/path.h"
#include "api/schema/rules.h"

namespace muster {

namespace {

class Validator {
 public:
  explicit Validator(std::vector<Cause>& causes) : causes_(causes) {}

  void walk(const Type& type, const Field* field, const void* value, const Path& path) {
    switch (type.shape) {
      case Shape::boolean:
      case Shape::time:
      case Shape::raw:
      case Shape::enumeration: return;
      case Shape::integer: return check(check_integer(type, field, type.load(value)), path);
      case Shape::string: {
        const auto& text = *static_cast<const std::string*>(value);
        if (!text.empty()) check(check_text(field, text), path);
        return;
      }
      case Shape::duration: return check(check_duration(field, *static_cast<const Duration*>(value)), path);
      case Shape::optional:
        if (type.has(value)) walk(*type.element(), field, inside_of(type, value), path);
        return;
      case Shape::list: return walk_list(type, field, value, path);
      case Shape::map: return walk_map(type, field, value, path);
      case Shape::object: return walk_object(type, value, path);
    }
  }

 private:
  void check(std::optional<Finding> finding, const Path& path) {
    if (!finding || causes_.size() >= limits::causes) return;
    causes_.push_back(Cause{path.text(), std::move(finding->message), std::string(finding->reason)});
  }

  void walk_object(const Type& type, const void* object, const Path& path) {
    for (const Field& field : type.fields) {
      if (field.get == nullptr) continue;
      const void* member = member_of(field, object);
      const Type& member_type = *field.type();
      const Path inner = path.field(field.name);
      if (field.required && is_missing(member_type, member)) {
        check(Finding{"is required and must not be empty", reason::required}, inner);
      } else if (field.required || !is_left_out(type, field, member)) {
        walk(member_type, &field, member, inner);
      }
    }
  }

  // Zero and false may have been given, and what an object needs its own fields say.
  static bool is_missing(const Type& type, const void* value) {
    switch (type.shape) {
      case Shape::boolean:
      case Shape::integer:
      case Shape::duration:
      case Shape::object: return false;
      case Shape::optional: return !type.has(value) || is_missing(*type.element(), inside_of(type, value));
      case Shape::string:
      case Shape::time:
      case Shape::enumeration:
      case Shape::raw:
      case Shape::list:
      case Shape::map: return is_empty(type, value);
    }
    return false;
  }

  void walk_list(const Type& type, const Field* field, const void* list, const Path& path) {
    const std::size_t count = type.count(list);
    check(check_count(field, count), path);
    for (std::size_t i = 0; i < count; ++i) walk(*type.element(), field, item_of(type, list, i), path.item(i));
    if (field == nullptr) return;
    for (const Repeated& repeated : repeated_keys(type, *field, list)) {
      const Path item = path.item(repeated.index);
      check(repeated_key(*field, repeated), item.field(field->list_keys.front()));
    }
  }

  void walk_map(const Type& type, const Field* field, const void* map, const Path& path) {
    check(check_count(field, type.count(map)), path);
    struct Context {
      Validator& validator;
      const Type& element;
      const Field* field;
      const Path& path;
    } context{*this, *type.element(), field, path};
    type.each(map, &context, [](void* erased, const std::string& key, const void* element) {
      auto& entry = *static_cast<Context*>(erased);
      const Path inner = entry.path.key(key);
      entry.validator.check(check_key(entry.field, key), inner);
      if (entry.element.shape == Shape::string) {
        entry.validator.check(check_map_text(entry.field, *static_cast<const std::string*>(element)), inner);
      } else {
        entry.validator.walk(entry.element, entry.field, element, inner);
      }
    });
  }

  std::vector<Cause>& causes_;
};

}  // namespace

void validate(const Type& type, const void* value, const std::string& path, std::vector<Cause>& causes) {
  Validator(causes).walk(type, nullptr, value, Path::root(path));
}

}  // namespace muster
