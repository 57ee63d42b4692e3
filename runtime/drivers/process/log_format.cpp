#include "runtime/drivers/process/log_format.h"

namespace muster::drivers {

namespace {

void digits(char* out, std::int64_t value, int count) {
  for (int i = count - 1; i >= 0; --i) {
    out[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
}

}  // namespace

// The calendar by arithmetic (proleptic Gregorian, days from civil inverted): the library's functions may take locks.
void format_log_stamp(std::int64_t nanoseconds_since_epoch, char* out) {
  const std::int64_t seconds = nanoseconds_since_epoch / 1'000'000'000;
  const std::int64_t days = seconds / 86400;
  const std::int64_t rest = seconds % 86400;
  const std::int64_t shifted = days + 719468;  // days since 0000-03-01
  const std::int64_t era = shifted / 146097;
  const std::int64_t day_of_era = shifted % 146097;
  const std::int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const std::int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t month_from_march = (5 * day_of_year + 2) / 153;
  const std::int64_t day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
  const std::int64_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
  const std::int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
  const char form[] = "0000-00-00T00:00:00.000000000Z";
  for (std::size_t i = 0; i < log_stamp_size; ++i) out[i] = form[i];
  digits(out, year, 4);
  digits(out + 5, month, 2);
  digits(out + 8, day, 2);
  digits(out + 11, rest / 3600, 2);
  digits(out + 14, rest / 60 % 60, 2);
  digits(out + 17, rest % 60, 2);
  digits(out + 20, nanoseconds_since_epoch % 1'000'000'000, 9);
}

bool parse_log_line(std::string_view line, LogLine& out) {
  constexpr std::size_t head = log_stamp_size + 10;  // " stdout F "
  if (line.size() < head || line[log_stamp_size] != ' ') return false;
  const std::string_view stream = line.substr(log_stamp_size + 1, 6);
  if ((stream != "stdout" && stream != "stderr") || line[log_stamp_size + 7] != ' ' || line[head - 1] != ' ')
    return false;
  const char tag = line[log_stamp_size + 8];
  if (tag != 'F' && tag != 'P') return false;
  out.stamp = line.substr(0, log_stamp_size);
  out.text = line.substr(head);
  out.is_stderr = stream == "stderr";
  out.is_whole = tag == 'F';
  return true;
}

}  // namespace muster::drivers
