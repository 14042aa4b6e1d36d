import type { Reference } from './reference.ts';

/** A message that names the image or its registry: as it is where it does already, else after the image's name. */
export function namingImage(reference: Reference, message: string): string {
  const { domain, apiHost, canonical } = reference;
  return message.includes(domain) || message.includes(apiHost) ? message : `${canonical}: ${message}`;
}
