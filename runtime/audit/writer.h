// Writes the audit log: lines to a file that is renamed when it has grown, from a thread of its own. Whoever logs never
// waits: when the queue is full, events are dropped and counted.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "api/base/error.h"
#include "runtime/audit/event.h"

namespace muster::audit {

struct WriterOptions {
  std::string path;                                 // "-": standard output, which is not rotated
  std::uint64_t max_bytes = 100U << 20U;            // of a file, before it becomes PATH.1 and PATH.1 becomes PATH.2 ...
  std::uint64_t backups = 10;                       // how many of these are kept
  std::size_t queue = 16'384;                       // events waiting
  Duration gather = std::chrono::milliseconds(20);  // what comes within it is written at once
};

class Writer {
 public:
  // Makes the folder (0700) and the file (0600), which is added to when it is there.
  static Result<std::unique_ptr<Writer>> open(WriterOptions options);
  // Writes what is waiting.
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  // From any thread.
  void add(std::shared_ptr<const Event> event);
  // Returns when everything that was added before has been written.
  void flush();
  std::uint64_t written() const;
  // Not written, because the queue was full or the file could not be written.
  std::uint64_t dropped() const;

 private:
  struct State;
  explicit Writer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace muster::audit
