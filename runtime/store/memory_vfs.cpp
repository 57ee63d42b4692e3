#include "runtime/store/memory_vfs.h"

#include <sqlite3.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

#include "api/base/text.h"

namespace muster::store {

namespace {

constexpr std::size_t sector = 512;  // what a disk writes as a whole

void apply(std::string& content, std::int64_t offset, std::string_view bytes) {
  const auto begin = static_cast<std::size_t>(offset);
  if (content.size() < begin + bytes.size()) content.resize(begin + bytes.size());
  std::memcpy(content.data() + begin, bytes.data(), bytes.size());
}

// What SQLite holds of an open file. SQLite gives the memory; `base` must come first.
struct Handle {
  sqlite3_file base{};
  MemoryDisk* disk = nullptr;
  std::shared_ptr<MemoryFile> file;
  std::uint64_t boot = 0;

  bool dead() const { return boot != disk->boot; }
};

Handle& handle_of(sqlite3_file* file) {
  return *reinterpret_cast<Handle*>(file);
}
MemoryDisk& disk_of(sqlite3_vfs* vfs) {
  return *static_cast<MemoryDisk*>(vfs->pAppData);
}

void let_go(Handle& handle) {
  handle.file->sharing.erase(&handle);
  if (handle.file->reserving == &handle) handle.file->reserving = nullptr;
}

int close_file(sqlite3_file* file) {
  Handle& handle = handle_of(file);
  {
    const std::lock_guard lock(handle.disk->mutex);
    let_go(handle);
  }
  handle.~Handle();
  return SQLITE_OK;
}

int read_file(sqlite3_file* file, void* out, int size, sqlite3_int64 offset) {
  const Handle& handle = handle_of(file);
  const std::lock_guard lock(handle.disk->mutex);
  if (handle.dead()) return SQLITE_IOERR_READ;
  const std::string& content = handle.file->content;
  const auto begin = std::min(static_cast<std::size_t>(offset), content.size());
  const std::size_t there = std::min(static_cast<std::size_t>(size), content.size() - begin);
  std::memcpy(out, content.data() + begin, there);
  if (there == static_cast<std::size_t>(size)) return SQLITE_OK;
  std::memset(static_cast<char*>(out) + there, 0, static_cast<std::size_t>(size) - there);
  return SQLITE_IOERR_SHORT_READ;
}

int write_file(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 offset) {
  const Handle& handle = handle_of(file);
  const std::lock_guard lock(handle.disk->mutex);
  if (handle.dead()) return SQLITE_IOERR_WRITE;
  if (handle.disk->full) return SQLITE_FULL;
  handle.file->write(offset, static_cast<const char*>(bytes), static_cast<std::size_t>(size));
  return SQLITE_OK;
}

int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
  const Handle& handle = handle_of(file);
  const std::lock_guard lock(handle.disk->mutex);
  if (handle.dead()) return SQLITE_IOERR_TRUNCATE;
  handle.file->truncate(size);
  return SQLITE_OK;
}

int sync_file(sqlite3_file* file, int) {
  const Handle& handle = handle_of(file);
  const std::lock_guard lock(handle.disk->mutex);
  if (handle.dead()) return SQLITE_IOERR_FSYNC;
  handle.file->sync();
  return SQLITE_OK;
}

int file_size(sqlite3_file* file, sqlite3_int64* size) {
  const Handle& handle = handle_of(file);
  const std::lock_guard lock(handle.disk->mutex);
  if (handle.dead()) return SQLITE_IOERR_FSTAT;
  *size = static_cast<sqlite3_int64>(handle.file->content.size());
  return SQLITE_OK;
}

int lock_file(sqlite3_file* file, int level) {
  Handle& handle = handle_of(file);
  const std::lock_guard lock(handle.disk->mutex);
  if (handle.dead()) return SQLITE_IOERR_LOCK;
  MemoryFile& locked = *handle.file;
  if (locked.reserving != nullptr && locked.reserving != &handle) return SQLITE_BUSY;
  const bool shared_by_others = locked.sharing.size() > locked.sharing.count(&handle);
  if (level == SQLITE_LOCK_EXCLUSIVE && shared_by_others) return SQLITE_BUSY;
  if (level >= SQLITE_LOCK_SHARED) locked.sharing.insert(&handle);
  if (level > SQLITE_LOCK_SHARED) locked.reserving = &handle;
  return SQLITE_OK;
}

int unlock_file(sqlite3_file* file, int level) {
  Handle& handle = handle_of(file);
  const std::lock_guard lock(handle.disk->mutex);
  if (handle.dead()) return SQLITE_OK;
  let_go(handle);
  if (level == SQLITE_LOCK_SHARED) handle.file->sharing.insert(&handle);
  return SQLITE_OK;
}

int check_reserved(sqlite3_file* file, int* reserved) {
  const Handle& handle = handle_of(file);
  const std::lock_guard lock(handle.disk->mutex);
  *reserved = handle.file->reserving != nullptr ? 1 : 0;
  return SQLITE_OK;
}

int control_file(sqlite3_file*, int, void*) {
  return SQLITE_NOTFOUND;
}
int sector_size(sqlite3_file*) {
  return static_cast<int>(sector);
}
int characteristics(sqlite3_file*) {
  return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

// Version 1: no shared memory, so that a write-ahead log needs exclusive locking, which the log uses anyway.
const sqlite3_io_methods methods = {
    1,         close_file,  read_file,      write_file,   truncate_file, sync_file,       file_size,
    lock_file, unlock_file, check_reserved, control_file, sector_size,   characteristics, nullptr,
    nullptr,   nullptr,     nullptr,        nullptr,      nullptr,
};

int open_file(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* out_flags) {
  MemoryDisk& disk = disk_of(vfs);
  const std::lock_guard lock(disk.mutex);
  file->pMethods = nullptr;
  std::shared_ptr<MemoryFile> found;
  if (path == nullptr) {
    found = std::make_shared<MemoryFile>();  // a temporary file
  } else if (const auto known = disk.files.find(path); known != disk.files.end()) {
    found = known->second;
  } else {
    if ((flags & SQLITE_OPEN_CREATE) == 0) return SQLITE_CANTOPEN;
    found = disk.files.emplace(path, std::make_shared<MemoryFile>()).first->second;
  }
  auto* handle = new (file) Handle;
  handle->base.pMethods = &methods;
  handle->disk = &disk;
  handle->file = std::move(found);
  handle->boot = disk.boot;
  if (out_flags != nullptr) *out_flags = flags;
  return SQLITE_OK;
}

int delete_file(sqlite3_vfs* vfs, const char* path, int) {
  MemoryDisk& disk = disk_of(vfs);
  const std::lock_guard lock(disk.mutex);
  return disk.files.erase(path) > 0 ? SQLITE_OK : SQLITE_IOERR_DELETE_NOENT;
}

int access_file(sqlite3_vfs* vfs, const char* path, int, int* there) {
  MemoryDisk& disk = disk_of(vfs);
  const std::lock_guard lock(disk.mutex);
  *there = disk.files.contains(path) ? 1 : 0;
  return SQLITE_OK;
}

int full_path(sqlite3_vfs*, const char* path, int size, char* out) {
  const std::size_t length = std::strlen(path) + 1;
  if (length > static_cast<std::size_t>(size)) return SQLITE_CANTOPEN;
  std::memcpy(out, path, length);
  return SQLITE_OK;
}

// The same bytes each time: nothing that SQLite draws may reach an output, but a replay should not differ even there.
int randomness(sqlite3_vfs*, int size, char* out) {
  SeededRandom random(1);
  for (int i = 0; i < size; ++i) out[i] = static_cast<char>(random.next() & 0xffU);
  return size;
}

int sleep_for(sqlite3_vfs*, int microseconds) {
  return microseconds;
}
int current_time(sqlite3_vfs*, double* days) {
  *days = 2'440'587.5;  // 1970
  return SQLITE_OK;
}
int last_error(sqlite3_vfs*, int, char*) {
  return 0;
}

std::string next_name() {
  static std::atomic<std::uint64_t> counter = 0;
  return str("muster-memory-", ++counter);
}

}  // namespace

void MemoryFile::write(std::int64_t offset, const char* bytes, std::size_t size) {
  apply(content, offset, std::string_view(bytes, size));
  unsynced.push_back(Step{offset, std::string(bytes, size), false});
}

void MemoryFile::truncate(std::int64_t size) {
  content.resize(static_cast<std::size_t>(size));
  unsynced.push_back(Step{size, {}, true});
}

void MemoryFile::sync() {
  for (const Step& step : unsynced) {
    if (step.truncates) {
      durable.resize(static_cast<std::size_t>(step.offset));
    } else {
      apply(durable, step.offset, step.bytes);
    }
  }
  unsynced.clear();
}

void MemoryFile::crash(Random& random) {
  for (const Step& step : unsynced) {
    switch (random.next() % 3) {
      case 0: break;  // lost
      case 1:
        if (step.truncates) {
          durable.resize(static_cast<std::size_t>(step.offset));
        } else {
          apply(durable, step.offset, step.bytes);
        }
        break;
      default:  // torn: some sectors of it
        for (std::size_t at = 0; at < step.bytes.size(); at += sector) {
          if (random.next() % 2 == 0) continue;
          apply(durable, step.offset + static_cast<std::int64_t>(at), std::string_view(step.bytes).substr(at, sector));
        }
    }
  }
  unsynced.clear();
  content = durable;
  sharing.clear();
  reserving = nullptr;
}

MemoryDisk::MemoryDisk() : name(next_name()), vfs_(std::make_unique<sqlite3_vfs>()) {
  vfs_->iVersion = 1;
  vfs_->szOsFile = sizeof(Handle);
  vfs_->mxPathname = 512;
  vfs_->zName = name.c_str();
  vfs_->pAppData = this;
  vfs_->xOpen = open_file;
  vfs_->xDelete = delete_file;
  vfs_->xAccess = access_file;
  vfs_->xFullPathname = full_path;
  vfs_->xRandomness = randomness;
  vfs_->xSleep = sleep_for;
  vfs_->xCurrentTime = current_time;
  vfs_->xGetLastError = last_error;
  sqlite3_vfs_register(vfs_.get(), 0);
}

MemoryDisk::~MemoryDisk() {
  sqlite3_vfs_unregister(vfs_.get());
}

std::shared_ptr<MemoryDisk> make_memory_disk() {
  return std::make_shared<MemoryDisk>();
}

void set_disk_full(MemoryDisk& disk, bool full) {
  const std::lock_guard lock(disk.mutex);
  disk.full = full;
}

void crash(MemoryDisk& disk, Random& random) {
  const std::lock_guard lock(disk.mutex);
  ++disk.boot;
  for (const auto& [path, file] : disk.files) file->crash(random);
}

}  // namespace muster::store
