#include "api/types/builtin.h"

#include "api/types/describe_kind.h"

namespace muster {

template <>
Type Describe<NamespaceSpec>::type() {
  return object<NamespaceSpec>(
      "NamespaceSpec", "What keeps the namespace.",
      field<&NamespaceSpec::finalizers>("finalizers", "Names of what must be done before the namespace may go.")
          .atomic());
}

template <>
Type Describe<NamespaceStatus>::type() {
  return object<NamespaceStatus>(
      "NamespaceStatus", "The state of the namespace.",
      field<&NamespaceStatus::phase>("phase", "Active, or Terminating while its objects are deleted.")
          .written_by(Writer::server),
      field<&NamespaceStatus::conditions>("conditions", "While it is Terminating: what is left in it.")
          .keyed_by("type")
          .written_by(Writer::server));
}

template <>
Type Describe<Namespace>::type() {
  return kind_object<Namespace>(
      "Namespace",
      "A room for names. It belongs to one cluster, named by the annotation muster.dev/cluster (else `default`).",
      field<&Namespace::metadata>("metadata", "Name, labels and bookkeeping."),
      field<&Namespace::spec>("spec", "What is wanted."),
      field<&Namespace::status>("status", "What is observed.").written_by(Writer::server));
}

template <>
Type Describe<ObjectReference>::type() {
  return object<ObjectReference>(
      "ObjectReference", "Points to an object.", field<&ObjectReference::api_version>("apiVersion", "Its API version."),
      field<&ObjectReference::kind>("kind", "Its kind."),
      field<&ObjectReference::ns>("namespace", "Its namespace; empty for kinds that are cluster-wide."),
      field<&ObjectReference::name>("name", "Its name."), field<&ObjectReference::uid>("uid", "Its uid."),
      field<&ObjectReference::resource_version>("resourceVersion", "Its revision at that time."),
      field<&ObjectReference::field_path>("fieldPath", "The part of it that is meant."));
}

template <>
Type Describe<EventSource>::type() {
  return object<EventSource>("EventSource", "Where an event comes from.",
                             field<&EventSource::component>("component", "The controller or agent."),
                             field<&EventSource::host>("host", "The host it ran on."));
}

template <>
Type Describe<Event>::type() {
  return kind_object<Event>(
      "Event", "Something that happened to an object.",
      field<&Event::metadata>("metadata", "Name, labels and bookkeeping."),
      field<&Event::involved_object>("involvedObject", "The object."),
      field<&Event::reason>("reason", "What happened, as one CamelCase word.").max_length(128),
      field<&Event::message>("message", "What happened, as a sentence.").max_length(4096),
      field<&Event::type>("type", "Normal or Warning."), field<&Event::source>("source", "Who says so."),
      field<&Event::count>("count", "How often it happened."),
      field<&Event::first_timestamp>("firstTimestamp", "When it happened first.").whole_seconds(),
      field<&Event::last_timestamp>("lastTimestamp", "When it happened last.").whole_seconds(),
      field<&Event::event_time>("eventTime", "When it happened first, with fractions of a second.").microseconds(),
      field<&Event::action>("action", "What was done.").max_length(128),
      field<&Event::reporting_component>("reportingComponent", "The controller or agent that says so."),
      field<&Event::reporting_instance>("reportingInstance", "Which one of them.").max_length(128));
}

template <>
Type Describe<LeaseSpec>::type() {
  return object<LeaseSpec>(
      "LeaseSpec", "Who holds the lease, and for how long.",
      field<&LeaseSpec::holder_identity>("holderIdentity", "The holder."),
      field<&LeaseSpec::lease_duration_seconds>("leaseDurationSeconds", "How long others wait after the last renewal."),
      field<&LeaseSpec::lease_transitions>("leaseTransitions", "How often the holder changed."),
      field<&LeaseSpec::acquire_time>("acquireTime", "When the holder took it.").microseconds(),
      field<&LeaseSpec::renew_time>("renewTime", "When the holder last renewed it.").microseconds());
}

template <>
Type Describe<Lease>::type() {
  return kind_object<Lease>("Lease", "A lock with a time limit, by which one of several programs is chosen to lead.",
                            field<&Lease::metadata>("metadata", "Name, labels and bookkeeping."),
                            field<&Lease::spec>("spec", "What is wanted."));
}

}  // namespace muster
