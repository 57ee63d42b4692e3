#include "api/types/configuration.h"

#include "api/types/describe_kind.h"
#include "api/types/patterns.h"

namespace muster {

template <>
Type Describe<Secret>::type() {
  return kind_object<Secret>(
      "Secret",
      "Passwords, tokens and keys. The values are kept encrypted and are shown only to who may read the Secret itself.",
      field<&Secret::metadata>("metadata", "Name, labels and bookkeeping."),
      field<&Secret::data>("data", "The values by key, in base64; 1 MiB in all.")
          .pattern(patterns::config_key)
          .sensitive(),
      field<&Secret::string_data>("stringData",
                                  "Values as plain text: a write puts them into data, over what stands there, and they "
                                  "are never given back.")
          .pattern(patterns::config_key)
          .sensitive(),
      field<&Secret::immutable>("immutable", "True: the values cannot be changed any more, nor can this field."),
      field<&Secret::type>("type",
                           "What kind of values these are, Opaque when nothing is said. The types of Kubernetes "
                           "(kubernetes.io/tls, kubernetes.io/dockerconfigjson ...) require their keys.")
          .immutable()
          .max_length(253));
}

template <>
Type Describe<ConfigMap>::type() {
  return kind_object<ConfigMap>(
      "ConfigMap", "Configuration that is no secret.",
      field<&ConfigMap::metadata>("metadata", "Name, labels and bookkeeping."),
      field<&ConfigMap::data>("data", "The values by key, as text; 1 MiB in all, with binaryData.")
          .pattern(patterns::config_key),
      field<&ConfigMap::binary_data>("binaryData", "Values that are no text, in base64. No key may be in data too.")
          .pattern(patterns::config_key),
      field<&ConfigMap::immutable>("immutable", "True: the values cannot be changed any more, nor can this field."));
}

template <>
Type Describe<LocalObjectReference>::type() {
  return object<LocalObjectReference>("LocalObjectReference", "Points to an object in the same namespace.",
                                      field<&LocalObjectReference::name>("name", "Its name."));
}

template <>
Type Describe<ServiceAccount>::type() {
  return kind_object<ServiceAccount>(
      "ServiceAccount",
      "An identity for programs. Its user name is system:serviceaccount:NAMESPACE:NAME; roles are bound to it.",
      field<&ServiceAccount::metadata>("metadata", "Name, labels and bookkeeping."),
      field<&ServiceAccount::secrets>("secrets", "Secrets that belong to it.").keyed_by("name"),
      field<&ServiceAccount::image_pull_secrets>("imagePullSecrets", "Secrets with which its images are pulled.")
          .atomic(),
      field<&ServiceAccount::automount_service_account_token>(
          "automountServiceAccountToken", "False: what runs as this account gets no token by itself."));
}

}  // namespace muster
