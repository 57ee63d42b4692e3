// Any bytes as an expression of the cluster query language: parsing ends, and what was parsed can be asked.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "api/query/query.h"

namespace {

class Instance final : public muster::query::Subject {
 public:
  const std::string* attribute(std::string_view name) const override {
    return name.size() % 2 == 0 ? &value_ : nullptr;
  }
  bool agent_connected() const override { return true; }
  std::string_view agent_version() const override { return "1.10.2"; }
  muster::Time registered_at() const override { return muster::Time{std::chrono::hours(24 * 365 * 50)}; }
  std::int64_t running_tasks_count() const override { return 3; }
  std::string_view ec2_instance_id() const override { return value_; }
  bool has_group(std::string_view group) const override { return group == "service:web"; }
  bool any_group(const std::function<bool(std::string_view)>& test) const override { return test("service:web"); }

 private:
  std::string value_ = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab";
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto query = muster::query::Query::parse(text);
  if (!query.ok()) return 0;
  const Instance instance;
  (void)query->matches(instance);
  (void)query->reads_tasks();
  (void)query->only_instance();
  (void)query->missing_attribute(instance);
  return 0;
}
