const decimal = /^\d{1,30}$/;

/**
 * Whether the first version is later than the other. Versions of one API server are numbers that grow; of those that are
 * none nothing can be told, and a differing one counts as later. Kubernetes API concepts, "Resource versions".
 */
export function isLater(version: string, other: string): boolean {
  if (!decimal.test(version) || !decimal.test(other)) return version !== other;
  return BigInt(version) > BigInt(other);
}
