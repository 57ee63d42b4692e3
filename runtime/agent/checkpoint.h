// What an agent keeps on disk: who it is, the tasks it was given, their definitions and what it remembers of them. A
// file each, replaced in one step; a file that cannot be read is set aside and its task comes again from the server.
//
// Nothing waits for the disk: after a crash of the agent all is there, after a crash of the host the server and the
// containers' labels know the rest.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "controllers/image/cleanup.h"
#include "controllers/task/memory.h"
#include "runtime/base/file.h"

namespace muster::agent {

struct SavedTask {
  std::string ns, name, uid;
  TaskSpec spec;
  task::TaskMemory memory;
  std::vector<ContainerImage> images = {};  // what its deployment runs
  bool operator==(const SavedTask&) const = default;
};

struct SavedRevision {
  std::string ns, name, uid;
  TaskDefinitionSpec spec;
  bool operator==(const SavedRevision&) const = default;
};

struct Saved {
  task::Identity identity;              // empty uids: a fresh folder
  std::vector<task::Identity> formers;  // whose containers may still be there
  std::vector<SavedRevision> revisions;
  std::vector<SavedTask> tasks;
  std::vector<image::ImageRecord> images;
};

class Checkpoint {
 public:
  // Empty folder: nothing is kept. already_exists when another agent uses the folder.
  static Result<std::unique_ptr<Checkpoint>> open(const std::string& folder);

  // What is there, in order of the file names.
  Saved load();
  void save(const task::Identity& identity);
  void save(const std::vector<task::Identity>& formers);
  void save(const std::vector<image::ImageRecord>& images);
  void save(const SavedTask& task);
  void save(const SavedRevision& revision);
  void remove_task(const std::string& uid);
  void remove_revision(const std::string& uid);
  // Another identity begins: the tasks and definitions are set aside as a whole.
  void set_aside();

  // Writes that failed since the last that succeeded.
  std::uint64_t failures() const { return failures_; }

 private:
  Checkpoint() = default;
  template <class T>
  std::vector<T> load_all(const std::string& folder);
  template <class T>
  std::optional<T> load_one(const std::string& path);
  void write(const std::string& path, const std::string& contents);
  void remove(const std::string& path);

  std::string folder_;
  std::optional<LockFile> lock_;
  std::uint64_t failures_ = 0;
};

}  // namespace muster::agent
