// metadata.managedFields of what a write leaves behind. For this folder only.
#pragma once

#include "api/admission/admission.h"
#include "api/apply/managers.h"

namespace muster::admission {

// What a server-side apply asks for, decoded, and the fields that its manager owns from then on.
struct Applied {
  std::shared_ptr<Object> object;
  apply::FieldSet fields;
};
// `stored` is null when the object does not exist yet.
Result<Applied> read_applied(const Write& write, const Object* stored);

// Sets the managers of `object`, which is complete but for them. `stored` is null on a create, `applied` null unless
// the write is an apply. Writes without a manager's name are not tracked: the entries stay as they are. Code::conflict
// when an apply without force changes fields of others.
Status set_managers(const Write& write, Time now, const Object* stored, const apply::FieldSet* applied, Object& object);

}  // namespace muster::admission
