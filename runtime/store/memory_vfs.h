// A file system for SQLite that lives in memory and can lose power. SQLite runs on it unchanged, so that the simulation
// tests the very code that writes to real disks.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "runtime/store/log.h"

struct sqlite3_vfs;

namespace muster::store {

// One file: what a reader sees, what has reached the disk, and the steps from the second to the first.
struct MemoryFile {
  struct Step {
    std::int64_t offset = 0;
    std::string bytes;
    bool truncates = false;  // to `offset`
  };
  std::string content, durable;
  std::vector<Step> unsynced;
  std::set<const void*> sharing;    // handles with a shared lock
  const void* reserving = nullptr;  // the handle with a lock for writing

  void write(std::int64_t offset, const char* bytes, std::size_t size);
  void truncate(std::int64_t size);
  void sync();
  void crash(Random& random);
};

struct MemoryDisk {
  MemoryDisk();
  ~MemoryDisk();
  MemoryDisk(const MemoryDisk&) = delete;
  MemoryDisk& operator=(const MemoryDisk&) = delete;

  const std::string name;  // of the VFS, as SQLite knows it
  std::mutex mutex;        // guards everything below
  std::map<std::string, std::shared_ptr<MemoryFile>> files;
  std::uint64_t boot = 0;  // counts crashes: handles of an earlier boot are dead
  bool full = false;

 private:
  std::unique_ptr<sqlite3_vfs> vfs_;
};

}  // namespace muster::store
