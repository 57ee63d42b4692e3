#include "runtime/drivers/process/log_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>

#include "api/base/text.h"
#include "runtime/drivers/process/log_format.h"

namespace muster::drivers {

namespace {

constexpr std::size_t block_bytes = 65536;

Descriptor open_log(const std::string& directory, int number) {
  const std::string path = number == 0 ? directory + "/log" : str(directory, "/log.", number);
  return Descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
}

ino_t inode(const Descriptor& file) {
  struct stat status {};
  return file.valid() && ::fstat(file.get(), &status) == 0 ? status.st_ino : 0;
}

}  // namespace

LogReader::LogReader(std::string directory, const LogOptions& options)
    : directory_(std::move(directory)), timestamps_(options.timestamps) {
  if (is_set(options.since)) {
    since_.resize(log_stamp_size);
    format_log_stamp(std::max<std::int64_t>(0, options.since.time_since_epoch().count()), since_.data());
  }
  open_files();
  if (options.tail) skip_to_tail(std::max<std::int64_t>(0, *options.tail));
}

// A rotation between two opens shows the same file under two names: look again.
void LogReader::open_files() {
  for (int tries = 0; tries < 10; ++tries) {
    files_.clear();
    std::set<ino_t> seen;
    bool rotated = false;
    for (int number = 0; number < 10; ++number) {
      Descriptor file = open_log(directory_, number);
      if (!file.valid()) continue;
      rotated = rotated || !seen.insert(inode(file)).second;
      files_.push_back(std::move(file));
    }
    std::reverse(files_.begin(), files_.end());
    if (!rotated) return;
  }
}

// Counts line ends from the end backwards; every line in a file has one.
void LogReader::skip_to_tail(std::int64_t lines) {
  char block[block_bytes];
  std::int64_t found = 0;
  for (std::size_t index = files_.size(); index-- > 0;) {
    const int fd = files_[index].get();
    off_t start = -1;
    for (off_t end = ::lseek(fd, 0, SEEK_END); end > 0 && start < 0;) {
      const off_t from = std::max<off_t>(0, end - static_cast<off_t>(block_bytes));
      const ssize_t count = ::pread(fd, block, static_cast<std::size_t>(end - from), from);
      if (count <= 0) break;
      for (ssize_t i = count - 1; i >= 0 && start < 0; --i) {
        if (block[i] == '\n' && found++ == lines) start = from + i + 1;
      }
      end = from;
    }
    ::lseek(fd, std::max<off_t>(start, 0), SEEK_SET);
    if (start < 0 && found < lines) continue;
    files_.erase(files_.begin(), files_.begin() + static_cast<std::ptrdiff_t>(index));
    return;
  }
}

LogReader::Progress LogReader::read(const Emit& emit) {
  if (files_.empty()) open_files();  // nothing had been written yet
  if (files_.empty()) return Progress::end;
  char block[block_bytes];
  const ssize_t count = ::read(files_.front().get(), block, sizeof block);
  if (count > 0) {
    pending_.append(block, static_cast<std::size_t>(count));
    emit_lines(emit);
    return Progress::more;
  }
  return open_next() ? Progress::more : Progress::end;
}

// At the end of a file: the next newer one, if there is one.
bool LogReader::open_next() {
  if (files_.size() > 1) {
    files_.erase(files_.begin());
    return true;
  }
  const ino_t mine = inode(files_.front());
  Descriptor newer;
  for (int number = 0; number < 10; ++number) {
    Descriptor file = open_log(directory_, number);
    if (!file.valid()) continue;
    if (inode(file) == mine) {
      if (!newer.valid()) return false;
      break;
    }
    newer = std::move(file);  // if mine has been deleted, the oldest one stays here
  }
  if (!newer.valid()) return false;
  files_.front() = std::move(newer);
  return true;
}

void LogReader::emit_lines(const Emit& emit) {
  std::string out;
  bool out_is_stderr = false;
  std::size_t from = 0;
  LogLine line;
  while (!stopped_) {
    const std::size_t end = pending_.find('\n', from);
    if (end == std::string::npos) break;
    const bool understood = parse_log_line(std::string_view(pending_).substr(from, end - from), line);
    from = end + 1;
    if (!understood || (!since_.empty() && line.stamp < since_)) continue;
    if (!out.empty() && out_is_stderr != line.is_stderr) {
      emit(out, out_is_stderr);
      out.clear();
    }
    out_is_stderr = line.is_stderr;
    if (timestamps_ && !line_begun_) out += str(line.stamp, " ");
    out += line.text;
    if (line.is_whole) out += '\n';
    line_begun_ = !line.is_whole;
  }
  if (!out.empty() && !stopped_) emit(out, out_is_stderr);
  pending_.erase(0, from);
}

}  // namespace muster::drivers
