#include "runtime/agent/checkpoint.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <utility>

#include "api/base/text.h"
#include "api/schema/decode.h"
#include "api/schema/describe.h"
#include "api/schema/encode.h"
#include "api/schema/json.h"
#include "runtime/base/log.h"

namespace muster {

template <>
Type Describe<task::Identity>::type() {
  using task::Identity;
  return object<Identity>("AgentIdentity", "Who the agent is.",
                          field<&Identity::cluster_uid>("clusterUid", "The uid of its cluster."),
                          field<&Identity::instance_uid>("instanceUid", "The uid of its container instance."),
                          field<&Identity::cluster>("cluster", "The name of its cluster."),
                          field<&Identity::instance>("instance", "The name of its container instance."));
}

template <>
Type Describe<agent::SavedTask>::type() {
  using agent::SavedTask;
  return object<SavedTask>(
      "SavedTask", "A task that the agent was given.", field<&SavedTask::ns>("namespace", "Its namespace.").required(),
      field<&SavedTask::name>("name", "Its name.").required(), field<&SavedTask::uid>("uid", "Its uid.").required(),
      field<&SavedTask::spec>("spec", "What is wanted."),
      field<&SavedTask::images>("images", "What its deployment runs."),
      field<&SavedTask::memory>("memory", "What is remembered."));
}

template <>
Type Describe<agent::SavedRevision>::type() {
  using agent::SavedRevision;
  return object<SavedRevision>("SavedRevision", "A task definition that the agent was given.",
                               field<&SavedRevision::ns>("namespace", "Its namespace.").required(),
                               field<&SavedRevision::name>("name", "Its name.").required(),
                               field<&SavedRevision::uid>("uid", "Its uid.").required(),
                               field<&SavedRevision::spec>("spec", "The definition."));
}

template <>
Type Describe<image::ImageRecord>::type() {
  using image::ImageRecord;
  return object<ImageRecord>("ImageRecord", "An image that the agent pulled.",
                             field<&ImageRecord::id>("id", "Its id in the engine.").required(),
                             field<&ImageRecord::names>("names", "The names that it got."),
                             field<&ImageRecord::pulled_at>("pulledAt", "When it was pulled."),
                             field<&ImageRecord::last_used>("lastUsed", "When a task last needed it."));
}

namespace agent {

struct SavedImages {
  std::vector<image::ImageRecord> images;
  bool operator==(const SavedImages&) const = default;
};

struct SavedFormers {
  std::vector<task::Identity> identities;
  bool operator==(const SavedFormers&) const = default;
};

}  // namespace agent

template <>
Type Describe<agent::SavedImages>::type() {
  using agent::SavedImages;
  return object<SavedImages>("SavedImages", "What the agent pulled.",
                             field<&SavedImages::images>("images", "The images."));
}

template <>
Type Describe<agent::SavedFormers>::type() {
  using agent::SavedFormers;
  return object<SavedFormers>("SavedFormers", "Whom the agent was before.",
                              field<&SavedFormers::identities>("identities", "The oldest first."));
}

namespace agent {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_bytes = 4U << 20U;
constexpr unsigned private_folder = 0700;
constexpr mode_t private_file = 0600;
constexpr const char* tasks_folder = "/tasks";
constexpr const char* revisions_folder = "/revisions";
constexpr const char* identity_file = "/identity.json";
constexpr const char* formers_file = "/formers.json";
constexpr const char* images_file = "/images.json";
constexpr std::string_view suffix = ".json";

Error os_error(std::string_view what, const std::string& path) {
  return Error{Code::internal, str("cannot ", what, ' ', path, ": ", std::strerror(errno)), {}};
}

// There whole or not at all, as far as this process is concerned: see the header for what a crash of the host does.
Status replace(const std::string& path, const std::string& contents) {
  const std::string next = path + ".next";
  const int descriptor = ::open(next.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, private_file);
  if (descriptor < 0) return os_error("create", next);
  std::size_t written = 0;
  while (written < contents.size()) {
    const ssize_t count = ::write(descriptor, contents.data() + written, contents.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      Error error = os_error("write", next);
      ::close(descriptor);
      ::unlink(next.c_str());
      return error;
    }
    written += static_cast<std::size_t>(count);
  }
  ::close(descriptor);
  if (std::rename(next.c_str(), path.c_str()) != 0) return os_error("replace", path);
  return {};
}

// A uid may become a file's name only if it is one.
bool safe_name(const std::string& uid) {
  return !uid.empty() && uid.size() <= 64 && std::ranges::all_of(uid, [](char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9') ||
           letter == '-';
  });
}

}  // namespace

Result<std::unique_ptr<Checkpoint>> Checkpoint::open(const std::string& folder) {
  std::unique_ptr<Checkpoint> checkpoint(new Checkpoint());
  if (folder.empty()) return checkpoint;
  checkpoint->folder_ = folder;
  TRY_VOID(make_directories(folder, private_folder));
  TRY(LockFile lock, LockFile::acquire(folder + "/lock"));
  checkpoint->lock_ = std::move(lock);
  TRY_VOID(make_directories(folder + tasks_folder, private_folder));
  TRY_VOID(make_directories(folder + revisions_folder, private_folder));
  return checkpoint;
}

template <class T>
std::optional<T> Checkpoint::load_one(const std::string& path) {
  auto text = read_file(path, most_bytes);
  if (!text.ok() && text.error().code == Code::not_found) return std::nullopt;
  DecodeOptions options;
  options.unknown = Unknown::ignore;  // a newer agent may have written it
  const auto parse = [&]() -> Result<T> {
    if (!text.ok()) return text.error();
    TRY(const Node node, parse_json(*text));
    return decode<T>(node, options);
  };
  Result<T> value = parse();
  if (value.ok()) return std::move(value).value();
  const std::string aside = path + ".corrupt";
  log::error("a file of the agent cannot be read and is set aside", {{"file", aside}, {"error", value.error()}});
  if (std::rename(path.c_str(), aside.c_str()) != 0) log::error(os_error("set aside", path).message);
  return std::nullopt;
}

template <class T>
std::vector<T> Checkpoint::load_all(const std::string& folder) {
  std::vector<std::string> paths;
  std::error_code failure;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, failure)) {
    const std::string path = entry.path().string();
    if (path.ends_with(suffix)) paths.push_back(path);
  }
  if (failure) log::error("cannot list the agent's files", {{"folder", folder}, {"error", failure.message()}});
  std::ranges::sort(paths);
  std::vector<T> out;
  for (const std::string& path : paths) {
    std::optional<T> value = load_one<T>(path);
    if (value) out.push_back(std::move(*value));
  }
  return out;
}

Saved Checkpoint::load() {
  Saved saved;
  if (folder_.empty()) return saved;
  saved.identity = load_one<task::Identity>(folder_ + identity_file).value_or(task::Identity{});
  saved.formers = load_one<SavedFormers>(folder_ + formers_file).value_or(SavedFormers{}).identities;
  saved.images = load_one<SavedImages>(folder_ + images_file).value_or(SavedImages{}).images;
  saved.revisions = load_all<SavedRevision>(folder_ + revisions_folder);
  saved.tasks = load_all<SavedTask>(folder_ + tasks_folder);
  return saved;
}

void Checkpoint::write(const std::string& path, const std::string& contents) {
  const Status written = replace(path, contents);
  if (written.ok()) {
    if (failures_ > 0) log::info("the agent's files can be written again");
    failures_ = 0;
    return;
  }
  // The work goes on: the server and the labels know enough to take over from. Said once, not for each file.
  if (failures_++ == 0) log::error("cannot save the agent's state", {{"error", written.error()}});
}

void Checkpoint::remove(const std::string& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) log::error(os_error("remove", path).message);
}

void Checkpoint::save(const task::Identity& identity) {
  if (!folder_.empty()) write(folder_ + identity_file, encode(identity));
}

void Checkpoint::save(const std::vector<task::Identity>& formers) {
  if (folder_.empty()) return;
  if (formers.empty()) return remove(folder_ + formers_file);
  write(folder_ + formers_file, encode(SavedFormers{formers}));
}

void Checkpoint::save(const std::vector<image::ImageRecord>& images) {
  if (!folder_.empty()) write(folder_ + images_file, encode(SavedImages{images}));
}

void Checkpoint::save(const SavedTask& task) {
  if (folder_.empty() || !safe_name(task.uid)) return;
  write(str(folder_, tasks_folder, '/', task.uid, suffix), encode(task));
}

void Checkpoint::save(const SavedRevision& revision) {
  if (folder_.empty() || !safe_name(revision.uid)) return;
  write(str(folder_, revisions_folder, '/', revision.uid, suffix), encode(revision));
}

void Checkpoint::remove_task(const std::string& uid) {
  if (!folder_.empty() && safe_name(uid)) remove(str(folder_, tasks_folder, '/', uid, suffix));
}

void Checkpoint::remove_revision(const std::string& uid) {
  if (!folder_.empty() && safe_name(uid)) remove(str(folder_, revisions_folder, '/', uid, suffix));
}

void Checkpoint::set_aside() {
  if (folder_.empty()) return;
  std::error_code failure;
  const std::string aside = folder_ + "/former";
  fs::remove_all(aside, failure);
  fs::create_directory(aside, failure);
  for (const char* part : {tasks_folder, revisions_folder, identity_file}) {
    fs::rename(folder_ + part, aside + part, failure);
  }
  for (const char* part : {tasks_folder, revisions_folder}) {
    const Status made = make_directories(folder_ + part, private_folder);
    if (!made.ok()) log::error("cannot begin anew", {{"error", made.error()}});
  }
}

}  // namespace agent
}  // namespace muster
