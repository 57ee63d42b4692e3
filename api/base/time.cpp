#include "api/base/time.h"

#include <array>
#include <cstdint>
#include <limits>

#include "api/base/text.h"

namespace muster {

namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr std::int64_t max_nanoseconds = std::numeric_limits<std::int64_t>::max();

bool digit(char c) {
  return c >= '0' && c <= '9';
}

std::string padded(std::int64_t value, std::size_t width) {
  std::string out = std::to_string(value);
  if (out.size() < width) out.insert(0, width - out.size(), '0');
  return out;
}

Error bad_time(std::string_view text) {
  return Error{
      Code::malformed, str("\"", text.substr(0, 64), "\" is not an RFC 3339 time such as 2026-11-22T20:00:00Z"), {}};
}

Error bad_duration(std::string_view text) {
  return Error{Code::malformed, str("\"", text.substr(0, 64), "\" is not a duration such as 30s, 5m or 1h30m"), {}};
}

// Reads a fixed layout from the front of a text; any deviation makes it fail for good.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  std::int64_t number(std::size_t width) {
    std::int64_t value = 0;
    for (std::size_t i = 0; i < width; ++i) {
      if (rest_.empty() || !digit(rest_.front())) return fail();
      value = value * 10 + (rest_.front() - '0');
      rest_.remove_prefix(1);
    }
    return value;
  }
  void expect(std::string_view one_of) {
    if (!accept(one_of)) fail();
  }
  bool accept(std::string_view one_of) {
    if (failed_ || rest_.empty() || one_of.find(rest_.front()) == std::string_view::npos) return false;
    last_ = rest_.front();
    rest_.remove_prefix(1);
    return true;
  }
  // Digits after a point, as nanoseconds; more than nine are cut.
  std::int64_t fraction() {
    std::int64_t value = 0;
    std::int64_t unit = 100'000'000;
    if (rest_.empty() || !digit(rest_.front())) return fail();
    while (!rest_.empty() && digit(rest_.front())) {
      value += unit * (rest_.front() - '0');
      unit /= 10;
      rest_.remove_prefix(1);
    }
    return value;
  }
  char last() const { return last_; }
  bool done() const { return !failed_ && rest_.empty(); }

 private:
  std::int64_t fail() {
    failed_ = true;
    rest_ = {};
    return 0;
  }

  std::string_view rest_;
  char last_ = '\0';
  bool failed_ = false;
};

struct Unit {
  std::string_view name;
  std::int64_t nanoseconds;
};
// Longer names first where one is the beginning of another.
constexpr std::array<Unit, 8> units = {{{"ns", 1},
                                        {"us", 1'000},
                                        {"\u00b5s", 1'000},
                                        {"\u03bcs", 1'000},
                                        {"ms", 1'000'000},
                                        {"s", 1'000'000'000},
                                        {"m", 60'000'000'000},
                                        {"h", 3'600'000'000'000}}};

const Unit* take_unit(std::string_view& rest) {
  for (const Unit& unit : units) {
    if (rest.substr(0, unit.name.size()) != unit.name) continue;
    rest.remove_prefix(unit.name.size());
    return &unit;
  }
  return nullptr;
}

// The value with up to `decimals` places, without trailing zeros: decimal(1500, 3) is "1.5".
std::string decimal(std::uint64_t value, int decimals) {
  std::uint64_t scale = 1;
  for (int i = 0; i < decimals; ++i) scale *= 10;
  std::string out = std::to_string(value / scale);
  std::string fraction = padded(static_cast<std::int64_t>(value % scale), static_cast<std::size_t>(decimals));
  while (!fraction.empty() && fraction.back() == '0') fraction.pop_back();
  if (!fraction.empty() && value % scale != 0) out += "." + fraction;
  return out;
}

}  // namespace

namespace {

// With so many digits of `fraction`, which may be none.
std::string write_time(Time time, std::int64_t fraction, int digits) {
  const auto day = std::chrono::floor<days>(time);
  const std::chrono::year_month_day date(day);
  const std::int64_t second = std::chrono::floor<seconds>(time - day).count();
  // Every object that is written has some of these: no pieces are joined.
  std::array<char, 27> text{};
  char* end = text.data();
  const auto put = [&end](std::int64_t value, int width) {
    end += width;
    for (int i = 1; i <= width; ++i, value /= 10) end[-i] = static_cast<char>('0' + value % 10);
  };
  put(static_cast<int>(date.year()), 4);  // a Time lies between the years 1677 and 2262
  *end++ = '-';
  put(static_cast<unsigned>(date.month()), 2);
  *end++ = '-';
  put(static_cast<unsigned>(date.day()), 2);
  *end++ = 'T';
  put(second / 3600, 2);
  *end++ = ':';
  put(second / 60 % 60, 2);
  *end++ = ':';
  put(second % 60, 2);
  if (digits > 0) {
    *end++ = '.';
    put(fraction, digits);
  }
  *end++ = 'Z';
  return {text.data(), end};
}

}  // namespace

std::string format_time(Time time) {
  const std::int64_t millisecond = (std::chrono::floor<milliseconds>(time) - std::chrono::floor<seconds>(time)).count();
  return write_time(time, millisecond, millisecond != 0 ? 3 : 0);
}

std::string format_micro_time(Time time) {
  const auto second = std::chrono::floor<seconds>(time);
  return write_time(time, (std::chrono::floor<std::chrono::microseconds>(time) - second).count(), 6);
}

Result<Time> parse_time(std::string_view text) {
  Reader reader(text);
  const std::int64_t year = reader.number(4);
  reader.expect("-");
  const std::int64_t month = reader.number(2);
  reader.expect("-");
  const std::int64_t day = reader.number(2);
  reader.expect("Tt");
  const std::int64_t hour = reader.number(2);
  reader.expect(":");
  const std::int64_t minute = reader.number(2);
  reader.expect(":");
  const std::int64_t second = reader.number(2);
  const std::int64_t fraction = reader.accept(".,") ? reader.fraction() : 0;
  std::int64_t offset_minutes = 0;
  if (!reader.accept("Zz")) {
    reader.expect("+-");
    const bool west = reader.last() == '-';
    const std::int64_t offset_hour = reader.number(2);
    reader.expect(":");
    const std::int64_t offset_minute = reader.number(2);
    if (offset_hour > 23 || offset_minute > 59) return bad_time(text);
    offset_minutes = (offset_hour * 60 + offset_minute) * (west ? -1 : 1);
  }
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(year)),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!reader.done() || !date.ok() || hour > 23 || minute > 59 || second > 59) return bad_time(text);
  const seconds since_epoch =
      std::chrono::sys_days(date).time_since_epoch() + hours(hour) + minutes(minute - offset_minutes) + seconds(second);
  constexpr std::int64_t max_seconds = max_nanoseconds / 1'000'000'000 - 1;
  if (year < 1678 || since_epoch.count() > max_seconds || since_epoch.count() < -max_seconds) {
    return Error{Code::malformed, str("\"", text, "\" is outside the years 1678 to 2262"), {}};
  }
  return Time(nanoseconds(since_epoch) + nanoseconds(fraction));
}

std::string format_duration(Duration duration) {
  std::int64_t count = duration.count();
  if (count == 0) return "0s";
  std::string out = count < 0 ? "-" : "";
  std::uint64_t rest = count < 0 ? ~static_cast<std::uint64_t>(count) + 1 : static_cast<std::uint64_t>(count);
  if (rest < 1'000) return out + decimal(rest, 0) + "ns";
  if (rest < 1'000'000) return out + decimal(rest, 3) + "\u00b5s";
  if (rest < 1'000'000'000) return out + decimal(rest, 6) + "ms";
  const std::uint64_t whole_hours = rest / 3'600'000'000'000U;
  rest %= 3'600'000'000'000U;
  const std::uint64_t whole_minutes = rest / 60'000'000'000U;
  rest %= 60'000'000'000U;
  if (whole_hours > 0) out += str(whole_hours, 'h');
  if (whole_minutes > 0) out += str(whole_minutes, 'm');
  if (rest > 0) out += decimal(rest, 9) + "s";
  return out;
}

Result<Duration> parse_duration(std::string_view text) {
  std::string_view rest = text;
  bool negative = false;
  if (!rest.empty() && (rest.front() == '-' || rest.front() == '+')) {
    negative = rest.front() == '-';
    rest.remove_prefix(1);
  }
  if (rest == "0") return Duration{0};
  if (rest.empty()) return bad_duration(text);
  std::int64_t total = 0;
  while (!rest.empty()) {
    std::int64_t whole = 0;
    std::int64_t numerator = 0;
    std::int64_t denominator = 1;
    bool any_digit = false;
    for (; !rest.empty() && digit(rest.front()); rest.remove_prefix(1), any_digit = true) {
      if (__builtin_mul_overflow(whole, 10, &whole) || __builtin_add_overflow(whole, rest.front() - '0', &whole)) {
        return bad_duration(text);
      }
    }
    if (!rest.empty() && rest.front() == '.') {
      rest.remove_prefix(1);
      for (; !rest.empty() && digit(rest.front()); rest.remove_prefix(1), any_digit = true) {
        if (denominator >= 1'000'000'000) continue;
        numerator = numerator * 10 + (rest.front() - '0');
        denominator *= 10;
      }
    }
    const Unit* unit = take_unit(rest);
    if (!any_digit || unit == nullptr) return bad_duration(text);
    std::int64_t amount = 0;
    // 128 bits: nine decimals of hours do not fit into 64.
    __extension__ using Wide = __int128;
    const auto part = static_cast<std::int64_t>(static_cast<Wide>(numerator) * unit->nanoseconds / denominator);
    if (__builtin_mul_overflow(whole, unit->nanoseconds, &amount) || __builtin_add_overflow(amount, part, &amount) ||
        __builtin_add_overflow(total, amount, &total)) {
      return Error{Code::malformed, str("\"", text.substr(0, 64), "\" is longer than 292 years"), {}};
    }
  }
  return Duration{negative ? -total : total};
}

std::string format_age(Duration age) {
  const std::int64_t second = std::chrono::floor<seconds>(age).count();
  if (second < -1) return "<invalid>";  // a clock of another machine that is ahead
  if (second < 0) return "0s";
  if (second < 120) return str(second, 's');
  // Two units while the age is young, as kubectl prints it.
  const std::int64_t minute = second / 60;
  if (minute < 10) return second % 60 == 0 ? str(minute, 'm') : str(minute, 'm', second % 60, 's');
  if (minute < 180) return str(minute, 'm');
  const std::int64_t hour = minute / 60;
  if (hour < 8) return minute % 60 == 0 ? str(hour, 'h') : str(hour, 'h', minute % 60, 'm');
  if (hour < 48) return str(hour, 'h');
  const std::int64_t day = hour / 24;
  if (day < 8) return hour % 24 == 0 ? str(day, 'd') : str(day, 'd', hour % 24, 'h');
  if (day < 730) return str(day, 'd');
  const std::int64_t year = day / 365;
  return year >= 8 || day % 365 == 0 ? str(year, 'y') : str(year, 'y', day % 365, 'd');
}

}  // namespace muster
