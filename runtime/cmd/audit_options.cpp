#include "runtime/cmd/audit_options.h"

#include "api/base/text.h"

namespace muster::cmd {

std::vector<Option> audit_options() {
  return {{"audit-log", 0, "FILE",
           "Where requests are logged, one JSON line each: a file, '-' for standard output, 'off' (default "
           "DATA-DIR/audit/audit.log)."},
          {"audit-level", 0, "LEVEL",
           "'writes': what changes something or is refused, reads of Secrets, and what goes into containers; 'all': "
           "reads too (default writes)."},
          {"audit-log-max-size", 0, "MIB", "Size at which the file is turned over (default 100)."},
          {"audit-log-max-backups", 0, "N", "How many older files are kept, as FILE.1 and so on (default 10)."}};
}

Status read_audit_options(const Arguments& arguments, ServerOptions& options) {
  options.audit.path = arguments.get("audit-log");
  const std::string level = arguments.get("audit-level", "writes");
  if (level != "writes" && level != "all") {
    return Error{Code::malformed, str("--audit-level ", level, ": must be 'writes' or 'all'"), {}};
  }
  options.audit_level = level == "all" ? audit::Level::all : audit::Level::writes;
  if (options.audit.path == "off") options.audit_level = audit::Level::none;
  constexpr std::int64_t mib = 1 << 20;
  TRY(const std::int64_t size, arguments.number("audit-log-max-size", 100, 1, 100'000));
  TRY(const std::int64_t backups, arguments.number("audit-log-max-backups", 10, 0, 1'000));
  options.audit.max_bytes = static_cast<std::uint64_t>(size * mib);
  options.audit.backups = static_cast<std::uint64_t>(backups);
  return {};
}

}  // namespace muster::cmd
