/** https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ */
const label = /^[a-z\d]([-a-z\d]*[a-z\d])?$/;

/** Whether an object may have this name (RFC 1123 subdomain); nothing else may become part of a path. */
export function isObjectName(name: string): boolean {
  return name.length <= 253 && name.split('.').every((part) => label.test(part));
}

/** Whether a namespace may have this name (RFC 1123 label). */
export function isNamespaceName(name: string): boolean {
  return name.length <= 63 && label.test(name);
}
