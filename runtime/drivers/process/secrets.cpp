// Variables whose values must not reach a disk: the whole record once more, in memory.
#include "api/base/text.h"
#include "runtime/base/private_folder.h"
#include "runtime/drivers/process/driver.h"

namespace muster::drivers {

std::string ProcessDriver::secrets_file(const ProcessRecord& record) const {
  return str(options_.memory_directory, "/", record.id);
}

Status ProcessDriver::save_secrets(const ProcessRecord& record) const {
  if (record.secret_variables.empty()) return {};
  if (options_.memory_directory.empty() || !is_in_memory(options_.memory_directory)) {
    return Error{Code::invalid,
                 str("secret variables must stay in memory, and \"", options_.memory_directory,
                     "\" is not on a tmpfs: give the agent another --run-dir"),
                 {}};
  }
  TRY_VOID(make_private_folder(options_.memory_directory));
  return write_file(secrets_file(record), encode_record(record));
}

void ProcessDriver::load_secrets(ProcessRecord& record) const {
  if (record.secret_variables.empty() || options_.memory_directory.empty()) return;
  const Result<std::string> bytes = read_file(secrets_file(record));
  Result<ProcessRecord> whole = bytes.ok() ? decode_record(*bytes) : Result<ProcessRecord>(bytes.error());
  if (whole.ok() && whole->id == record.id) record.environment = std::move(whole->environment);
}

}  // namespace muster::drivers
