import { parseReference } from '../image/reference.ts';
import type { CredentialsFile } from './credentials-file.ts';
import { fileLogins } from './file-logins.ts';
import type { Patient } from './patient.ts';

/** `host[:port]` of every registry that the service is known to ask: those of the file, of the images and of the default prefix. */
export function registryNames({ images, options }: Patient, file: CredentialsFile | undefined): readonly string[] {
  const logins = file === undefined ? [] : fileLogins(file);
  const ofFile = logins.flatMap((login) => (typeof login === 'string' ? [] : [login.domain]));
  const { defaultImagePrefix } = options;
  return [...new Set([...ofFile, ...['any', ...images].flatMap((image) => hostOf(image, defaultImagePrefix))])];
}

function hostOf(image: string, defaultImagePrefix: string): readonly string[] {
  try {
    return [parseReference(image, { defaultImagePrefix }).apiHost];
  } catch {
    return [];
  }
}
