import { type CredentialKey, hasUpperCaseHost } from '../../credentials/key.ts';
import { dockerHub, dockerHubApiHost } from '../../image/docker-hub.ts';

/**
 * Other spellings of a key of `auths`, the best first, for the kubelet, which matches less than we do: no capitals, no
 * `HTTPS://`, and of Docker Hub's names only `docker.io` and, without a path, `index.docker.io`. None where it reads the
 * key as we do. User information in a key is for nobody, so it is not passed on.
 */
export function nodeSpellings(text: string, key: CredentialKey): readonly string[] {
  const written = text.replace(/^https?:\/\//i, '');
  const authority = /^[^/?#]*/.exec(written)?.[0] ?? '';
  const host = authority.slice(authority.lastIndexOf('@') + 1).toLowerCase();
  const hasOddScheme = /^https?:\/\//i.test(text) && !/^https?:\/\//.test(text);
  if (!isOddHub(key, host, written) && !hasOddScheme && !authority.includes('@') && !hasUpperCaseHost(text)) return [];
  const plain = `${key.exactHost === dockerHub ? dockerHub : host}${key.path}`;
  return [plain, `https://${plain}`, `http://${plain}`];
}

function isOddHub(key: CredentialKey, host: string, written: string): boolean {
  if (key.exactHost !== dockerHub) return false;
  const hasBareVersion = /\/v[12]$/.test(written) && key.path === '';
  return host === dockerHubApiHost || hasBareVersion || (host !== dockerHub && key.path !== '');
}
