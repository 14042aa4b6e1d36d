import type { ApiObject } from './object.ts';

/** The version of an empty store: no object ever has it. */
const nobodysVersion = '1';

/**
 * What an apply has in its metadata so that it is refused with 409 unless the object is still as it was seen: a version
 * binds it only where there is an object, a UID only where there is none.
 *
 * @param seen undefined: it was not there
 */
export function onlyIfStill(seen: ApiObject | undefined): { readonly uid?: string; readonly resourceVersion: string } {
  if (seen === undefined) return { resourceVersion: nobodysVersion };
  return { uid: seen.metadata.uid, resourceVersion: seen.metadata.resourceVersion };
}
