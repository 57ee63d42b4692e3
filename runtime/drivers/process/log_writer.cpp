#include "runtime/drivers/process/log_writer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string_view>

namespace muster::drivers {

void LogWriter::write(LogStream stream, const char* bytes, std::size_t size, std::int64_t now_ns) {
  Partial& partial = partial_[stream == LogStream::out ? 0 : 1];
  while (size > 0) {
    const auto* newline = static_cast<const char*>(std::memchr(bytes, '\n', size));
    const std::size_t line = newline == nullptr ? size : static_cast<std::size_t>(newline - bytes);
    const std::size_t room = log_line_max - partial.size;
    const std::size_t taken = line < room ? line : room;
    std::memcpy(partial.bytes + partial.size, bytes, taken);
    partial.size += taken;
    bytes += taken;
    size -= taken;
    if (newline != nullptr && taken == line) {
      put(stream, partial.bytes, partial.size, 'F', now_ns);
      partial.size = 0;
      ++bytes;
      --size;
    } else if (partial.size == log_line_max) {
      put(stream, partial.bytes, partial.size, 'P', now_ns);
      partial.size = 0;
    }
  }
  store();
}

void LogWriter::flush(std::int64_t now_ns) {
  for (const LogStream stream : {LogStream::out, LogStream::err}) {
    Partial& partial = partial_[stream == LogStream::out ? 0 : 1];
    if (partial.size > 0) put(stream, partial.bytes, partial.size, 'P', now_ns);
    partial.size = 0;
  }
  store();
}

void LogWriter::put(LogStream stream, const char* text, std::size_t size, char tag, std::int64_t now_ns) {
  constexpr std::size_t head = log_stamp_size + 10;
  if (block_size_ + head + size + 1 > sizeof block_) store();
  char* at = block_ + block_size_;
  format_log_stamp(now_ns, at);
  constexpr std::string_view out = " stdout ", err = " stderr ";
  (stream == LogStream::out ? out : err).copy(at + log_stamp_size, out.size());
  at[log_stamp_size + 8] = tag;
  at[log_stamp_size + 9] = ' ';
  std::memcpy(at + head, text, size);
  at[head + size] = '\n';
  block_size_ += head + size + 1;
}

void LogWriter::store() {
  if (block_size_ == 0) return;
  if (file_ < 0) {
    file_ = ::openat(directory_, "log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    struct stat status {};
    file_size_ = file_ >= 0 && ::fstat(file_, &status) == 0 ? status.st_size : 0;
  }
  if (file_size_ > 0 && file_size_ + static_cast<std::int64_t>(block_size_) > bytes_max_) rotate();
  std::size_t done = 0;
  while (file_ >= 0 && done < block_size_) {
    const ssize_t count = ::write(file_, block_ + done, block_size_ - done);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    done += static_cast<std::size_t>(count);
  }
  file_size_ += static_cast<std::int64_t>(done);
  block_size_ = 0;
}

void LogWriter::rotate() {
  if (file_ >= 0) ::close(file_);
  char from[] = "log.0";
  char to[] = "log.0";
  for (int i = files_max_ - 2; i >= 0; --i) {
    from[4] = static_cast<char>('0' + i);
    to[4] = static_cast<char>('0' + i + 1);
    ::renameat(directory_, i == 0 ? "log" : from, directory_, to);
  }
  file_ = ::openat(directory_, "log", O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
  file_size_ = 0;
}

}  // namespace muster::drivers
