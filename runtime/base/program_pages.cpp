#include "runtime/base/program_pages.h"

#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace muster {
namespace {

// The loader has written addresses into code: those pages have no other copy.
bool relocated(const dl_phdr_info& object, const ElfW(Phdr) & dynamic) {
  const auto* entry = reinterpret_cast<const ElfW(Dyn)*>(object.dlpi_addr + dynamic.p_vaddr);
  for (; entry->d_tag != DT_NULL; ++entry) {
    if (entry->d_tag == DT_TEXTREL) return true;
    if (entry->d_tag == DT_FLAGS && (entry->d_un.d_val & DF_TEXTREL) != 0) return true;
  }
  return false;
}

int drop(dl_phdr_info* object, std::size_t /*size*/, void* /*context*/) {
  // The kernel's, of no file.
  if (object->dlpi_name != nullptr && std::string_view(object->dlpi_name).starts_with("linux-vdso")) return 0;
  for (int i = 0; i < object->dlpi_phnum; ++i) {
    const ElfW(Phdr)& segment = object->dlpi_phdr[i];
    if (segment.p_type == PT_DYNAMIC && relocated(*object, segment)) return 0;
  }
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGE_SIZE));
  for (int i = 0; i < object->dlpi_phnum; ++i) {
    const ElfW(Phdr)& segment = object->dlpi_phdr[i];
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) != 0) continue;
    const std::uintptr_t begin = (object->dlpi_addr + segment.p_vaddr) & ~(page - 1);
    const std::uintptr_t end = (object->dlpi_addr + segment.p_vaddr + segment.p_memsz + page - 1) & ~(page - 1);
    // Refused: they stay.
    static_cast<void>(
        ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED));  // NOLINT(performance-no-int-to-ptr)
  }
  return 0;
}

}  // namespace

void drop_program_pages() {
  ::dl_iterate_phdr(&drop, nullptr);
}

}  // namespace muster
