#include "runtime/agent/image_records.h"

#include <algorithm>
#include <utility>

#include "controllers/image/reference.h"

namespace muster::agent {
namespace {

constexpr std::size_t most_records = 2'000;
constexpr std::size_t most_names = 32;
constexpr Duration save_uses_every = std::chrono::minutes(5);

void add_name(image::ImageRecord& record, const std::string& name) {
  if (record.names.size() < most_names && std::ranges::find(record.names, name) == record.names.end()) {
    record.names.push_back(name);
  }
}

}  // namespace

ImageRecords::ImageRecords(Loop& loop, Save save) : loop_(loop), save_(std::move(save)) {}

void ImageRecords::restore(std::vector<image::ImageRecord> records) {
  for (image::ImageRecord& record : records) {
    std::string id = record.id;
    if (records_.size() < most_records) records_[std::move(id)] = std::move(record);
  }
}

void ImageRecords::add(const drivers::Image& found, const std::string& name, const std::string& image) {
  if (found.id.empty()) return;
  const std::string by_tag = image::listed(image);
  // The tag has moved to this one.
  for (auto& [id, record] : records_) {
    if (id != found.id) std::erase(record.names, by_tag);
  }
  if (records_.size() >= most_records && !records_.contains(found.id)) {
    records_.erase(std::ranges::min_element(records_, {}, [](const auto& entry) { return entry.second.last_used; }));
  }
  image::ImageRecord& record = records_[found.id];
  record.id = found.id;
  record.pulled_at = record.last_used = loop_.now();
  add_name(record, image::listed(name));
  add_name(record, by_tag);
  const std::string digest = image::digest_in(found.digests, image::parse(image).repository);
  if (!digest.empty()) add_name(record, image::listed(image::with_digest(image::parse(image), digest)));
  save();
}

void ImageRecords::used(const std::string& id) {
  const auto found = records_.find(id);
  if (found == records_.end()) return;
  const Time before = std::exchange(found->second.last_used, loop_.now());
  if (loop_.now() - before >= save_uses_every) save();
}

bool ImageRecords::pulled(const std::string& image) const {
  const std::string name = image::listed(image);
  return std::ranges::any_of(records_, [&](const auto& entry) {
    return std::ranges::find(entry.second.names, name) != entry.second.names.end();
  });
}

void ImageRecords::forget(const std::string& id) {
  if (records_.erase(id) > 0) save();
}

std::vector<image::ImageRecord> ImageRecords::all() const {
  std::vector<image::ImageRecord> out;
  for (const auto& [id, record] : records_) out.push_back(record);
  return out;
}

void ImageRecords::save() {
  if (save_) save_(all());
}

}  // namespace muster::agent
