#include "api/openapi/shared_schemas.h"

#include "api/base/assert.h"
#include "api/schema/json.h"

namespace muster::openapi {
namespace {

constexpr std::string_view text = R"({
"io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta": {
  "description": "What every list has.", "type": "object",
  "properties": {
    "continue": {"type": "string", "description": "A token for the next page; empty on the last one."},
    "remainingItemCount": {"type": "integer", "format": "int64", "description": "How many items follow this page."},
    "resourceVersion": {"type": "string", "description": "The state that the list shows; a watch can begin there."},
    "selfLink": {"type": "string", "description": "Not set."}}},
"io.k8s.apimachinery.pkg.apis.meta.v1.Preconditions": {
  "description": "What must hold for the deletion to happen.", "type": "object",
  "properties": {
    "resourceVersion": {"type": "string", "description": "The object must still be at this revision."},
    "uid": {"type": "string", "description": "It must be this very object."}}},
"io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions": {
  "description": "How to delete.", "type": "object",
  "properties": {
    "apiVersion": {"type": "string", "description": "The version of this structure."},
    "dryRun": {"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "atomic",
               "description": "\"All\": check everything and store nothing."},
    "gracePeriodSeconds": {"type": "integer", "format": "int64",
                           "description": "How long the deletion may take before it is forced."},
    "kind": {"type": "string", "description": "DeleteOptions."},
    "orphanDependents": {"type": "boolean", "description": "The deprecated form of propagationPolicy Orphan."},
    "preconditions": {"description": "What must hold for the deletion to happen.",
                      "allOf": [{"$ref": "io.k8s.apimachinery.pkg.apis.meta.v1.Preconditions"}]},
    "propagationPolicy": {"type": "string",
      "description": "What happens to the objects that belong to this one: Orphan, Background or Foreground."}}},
"io.k8s.apimachinery.pkg.apis.meta.v1.StatusCause": {
  "description": "One finding.", "type": "object",
  "properties": {
    "field": {"type": "string", "description": "The path of the field."},
    "message": {"type": "string", "description": "What is wrong with it."},
    "reason": {"type": "string", "description": "The same as one word."}}},
"io.k8s.apimachinery.pkg.apis.meta.v1.StatusDetails": {
  "description": "What a status is about.", "type": "object",
  "properties": {
    "causes": {"type": "array", "x-kubernetes-list-type": "atomic", "description": "The findings.",
               "items": {"$ref": "io.k8s.apimachinery.pkg.apis.meta.v1.StatusCause"}},
    "group": {"type": "string", "description": "The group of the object."},
    "kind": {"type": "string", "description": "Its kind or resource."},
    "name": {"type": "string", "description": "Its name."},
    "retryAfterSeconds": {"type": "integer", "format": "int32", "description": "When to try again."},
    "uid": {"type": "string", "description": "Its uid."}}},
"io.k8s.apimachinery.pkg.apis.meta.v1.Status": {
  "description": "The outcome of a request that has no object to answer.", "type": "object",
  "properties": {
    "apiVersion": {"type": "string", "description": "v1."},
    "code": {"type": "integer", "format": "int32", "description": "The HTTP code."},
    "details": {"description": "What it is about.",
                "allOf": [{"$ref": "io.k8s.apimachinery.pkg.apis.meta.v1.StatusDetails"}]},
    "kind": {"type": "string", "description": "Status."},
    "message": {"type": "string", "description": "The outcome for people."},
    "metadata": {"description": "Empty.",
                 "allOf": [{"$ref": "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta"}]},
    "reason": {"type": "string", "description": "The outcome as one word."},
    "status": {"type": "string", "description": "Success or Failure."}},
  "x-kubernetes-group-version-kind": [{"group": "", "kind": "Status", "version": "v1"}]},
"io.k8s.apimachinery.pkg.apis.meta.v1.Patch": {
  "description": "A change of an object: operations (JSON patch), or the fields that change or are wanted.",
  "type": "object"},
"io.k8s.api.autoscaling.v1.ScaleSpec": {
  "description": "What is wanted.", "type": "object",
  "properties": {"replicas": {"type": "integer", "format": "int32", "minimum": 0, "description": "How many tasks."}}},
"io.k8s.api.autoscaling.v1.ScaleStatus": {
  "description": "What is observed.", "type": "object", "required": ["replicas"],
  "properties": {
    "replicas": {"type": "integer", "format": "int32", "description": "How many tasks there are."},
    "selector": {"type": "string", "description": "The label selector of the tasks."}}},
"io.k8s.api.autoscaling.v1.Scale": {
  "description": "How many tasks an object keeps.", "type": "object",
  "properties": {
    "apiVersion": {"type": "string", "description": "autoscaling/v1."},
    "kind": {"type": "string", "description": "Scale."},
    "metadata": {"description": "Name and revision of the object.",
                 "allOf": [{"$ref": "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"}]},
    "spec": {"description": "What is wanted.", "allOf": [{"$ref": "io.k8s.api.autoscaling.v1.ScaleSpec"}]},
    "status": {"description": "What is observed.", "allOf": [{"$ref": "io.k8s.api.autoscaling.v1.ScaleStatus"}]}},
  "x-kubernetes-group-version-kind": [{"group": "autoscaling", "kind": "Scale", "version": "v1"}]}
})";

Schemas parse() {
  auto node = parse_json(text);
  MUSTER_ASSERT(node.ok());
  Schemas out;
  for (auto& [name, schema] : node->members) out.emplace(name, std::move(schema));
  return out;
}

}  // namespace

const Schemas& shared_schemas() {
  static const Schemas all = parse();
  return all;
}

}  // namespace muster::openapi
