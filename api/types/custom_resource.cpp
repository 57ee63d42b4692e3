#include "api/types/custom_resource.h"

#include "api/types/describe_kind.h"

namespace muster {

template <>
Type Describe<DefinitionNames>::type() {
  return object<DefinitionNames>(
      "CustomResourceDefinitionNames", "The words by which a kind is known.",
      field<&DefinitionNames::plural>("plural", "The word in the API's paths."),
      field<&DefinitionNames::singular>("singular", "The word for one."),
      field<&DefinitionNames::short_names>("shortNames", "Abbreviations.").atomic(),
      field<&DefinitionNames::kind>("kind", "The kind's name."),
      field<&DefinitionNames::list_kind>("listKind", "The name of a list of them."),
      field<&DefinitionNames::categories>("categories", "Groups of kinds that it belongs to, such as all.").atomic());
}

template <>
Type Describe<PrinterColumn>::type() {
  return object<PrinterColumn>("CustomResourceColumnDefinition", "A column of the kind's tables.",
                               field<&PrinterColumn::name>("name", "Its head."),
                               field<&PrinterColumn::type>("type", "string, integer or date."),
                               field<&PrinterColumn::format>("format", "How the value is written."),
                               field<&PrinterColumn::description>("description", "What it says."),
                               field<&PrinterColumn::priority>("priority", "Above 0: only in wide tables."),
                               field<&PrinterColumn::json_path>("jsonPath", "The field that it shows."));
}

template <>
Type Describe<DefinitionSchema>::type() {
  return object<DefinitionSchema>(
      "CustomResourceValidation", "The fields of the kind.",
      field<&DefinitionSchema::open_api_v3_schema>("openAPIV3Schema", "The schema of an object of the kind."));
}

template <>
Type Describe<DefinitionScale>::type() {
  return object<DefinitionScale>(
      "CustomResourceSubresourceScale", "How the kind is scaled.",
      field<&DefinitionScale::spec_replicas_path>("specReplicasPath", "The field with the number that is wanted."),
      field<&DefinitionScale::status_replicas_path>("statusReplicasPath", "The field with the number that there is."));
}

template <>
Type Describe<DefinitionSubresources>::type() {
  return object<DefinitionSubresources>(
      "CustomResourceSubresources", "What is served below an object of the kind.",
      field<&DefinitionSubresources::status>("status", "The status, when there is one."),
      field<&DefinitionSubresources::scale>("scale", "The scale, when there is one."));
}

template <>
Type Describe<DefinitionVersion>::type() {
  return object<DefinitionVersion>(
      "CustomResourceDefinitionVersion", "A version of the kind.",
      field<&DefinitionVersion::name>("name", "The version."),
      field<&DefinitionVersion::served>("served", "Whether it is served."),
      field<&DefinitionVersion::storage>("storage", "Whether objects are stored in it."),
      field<&DefinitionVersion::schema>("schema", "The fields."),
      field<&DefinitionVersion::subresources>("subresources", "What is served below an object."),
      field<&DefinitionVersion::additional_printer_columns>("additionalPrinterColumns",
                                                            "The columns that show a field as it is.")
          .atomic());
}

template <>
Type Describe<DefinitionConversion>::type() {
  return object<DefinitionConversion>("CustomResourceConversion", "How versions are turned into each other.",
                                      field<&DefinitionConversion::strategy>("strategy", "None: there is one only."));
}

template <>
Type Describe<CustomResourceDefinitionSpec>::type() {
  using Spec = CustomResourceDefinitionSpec;
  return object<Spec>("CustomResourceDefinitionSpec", "What the kind is.",
                      field<&Spec::group>("group", "The group of the API."), field<&Spec::names>("names", "Its names."),
                      field<&Spec::scope>("scope", "Namespaced or Cluster."),
                      field<&Spec::versions>("versions", "Its versions.").atomic(),
                      field<&Spec::conversion>("conversion", "How versions are turned into each other."));
}

template <>
Type Describe<CustomResourceDefinitionStatus>::type() {
  using Self = CustomResourceDefinitionStatus;
  return object<Self>(
      "CustomResourceDefinitionStatus", "That the kind is served.",
      field<&Self::conditions>("conditions", "NamesAccepted and Established.").keyed_by("type"),
      field<&Self::accepted_names>("acceptedNames", "The names that are served."),
      field<&Self::stored_versions>("storedVersions", "The versions in which objects are stored.").atomic());
}

template <>
Type Describe<CustomResourceDefinition>::type() {
  return kind_object<CustomResourceDefinition>(
      "CustomResourceDefinition",
      "Describes one of Muster's kinds to tools of Kubernetes. Made by the server; it cannot be written.",
      field<&CustomResourceDefinition::metadata>("metadata", "Name, labels and bookkeeping."),
      field<&CustomResourceDefinition::spec>("spec", "What the kind is."),
      field<&CustomResourceDefinition::status>("status", "That it is served.").written_by(Writer::server));
}

}  // namespace muster
