// Rules of single kinds that look at other objects; called by admit(). For this folder only.
#pragma once

#include "api/admission/admission.h"

namespace muster::admission {

// What a rule may read and change while one write is admitted.
struct Scope {
  State& state;  // with the batch's earlier writes applied
  const AdmissionContext& context;
  std::vector<Change>& changes;  // of the whole batch, in order
  std::vector<Warning> warnings;
};

// Stores the object in the scope's state under the next revision and records the change. A second change of one object
// in a batch replaces the first one's result, so that watchers see one step.
ObjectPtr store(Scope& scope, std::shared_ptr<Object> object);
// Removes the object and records it, under the next revision; the one way in which an object goes, at once or when its
// last finalizer does. With a TaskDefinition go its revisions: they become INACTIVE.
void erase(Scope& scope, const Object& object);

// Fills what depends on other objects: the cluster of the namespace, a task's revision and group, a namespace's label.
// `stored` is null on a create.
Status complete(Scope& scope, Object& object, const Object* stored);
// Rules between the stored and the new state beyond .immutable() fields.
Status check_transition(Scope& scope, const Object& object, const Object& stored);
// Refusals of a removal: the default cluster, a cluster with instances, a revision that is in use or its family's
// newest.
Status check_removal(Scope& scope, const Object& object);
// Before a TaskDefinition is stored: makes the next revision when the spec is new or has changed.
void make_revision(Scope& scope, Object& object, const Object* stored);
// After a TaskDefinition has been removed: its revisions become INACTIVE.
void deactivate_revisions(Scope& scope, const Object& object);

// The configuration with what its writer may leave out of the keys of lists; null where nothing is left out.
std::shared_ptr<const Node> with_keys(const Kind& kind, const std::shared_ptr<const Node>& configuration);

Error invalid(const Object& object, std::string field, std::string message);
Error forbidden(const Object& object, std::string_view why);

}  // namespace muster::admission
