#include "api/projection/metadata.h"

#include "api/projection/projection.h"

namespace muster::projection {

Meta metadata_of(const Kind& view, const Object& source) {
  Meta out = source.metadata;
  out.uid = uid_of(view, source.metadata.uid);
  out.finalizers.clear();
  out.owner_references.clear();
  out.managed_fields.clear();
  return out;
}

}  // namespace muster::projection
