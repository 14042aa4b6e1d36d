/** Why a node will never get an image. */
export type PullFailure = 'denied' | 'not-found' | 'certificate' | 'client-certificate' | 'plaintext' | 'platform';

/** What the same request may not meet the next time. */
const passing =
  /\b429\b|too ?many ?requests|rate ?limit|\b50[0-4] [a-z]|status[a-z ]*[:(]? ?5\d\d|time[d ]*-?out|deadline exceeded|connection (?:refused|reset)|no such host|temporary failure|network is unreachable|no route to host|unexpected eof|code = unavailable|context canceled|no space left/i;

/** In the words of containerd, CRI-O (containers/image) and the registries that they quote; the first that fits counts. */
const signs: readonly (readonly [PullFailure, RegExp])[] = [
  ['certificate', /\bx509\b|certificate signed by unknown|failed to verify certificate/i],
  ['client-certificate', /remote error: tls: (?:certificate required|bad certificate)/i],
  ['plaintext', /server gave http response to https client|first record does not look like a tls handshake/i],
  ['platform', /no match(?:ing manifest)? for|no image found in (?:manifest list|image index) for architecture/i],
  [
    'denied',
    /unauthori[sz]ed|unauthenticated|authentication required|(?<!permission )\bdenied\b|forbidden|insufficient_scope|authorization failed|require authorization|no basic auth credentials|invalid username|status[a-z ]*[:(]? ?40[13]\b/i,
  ],
  ['not-found', /not found|notfound|manifest[ _]unknown|name[ _]unknown|does not exist|status[a-z ]*[:(]? ?404\b/i],
];

/**
 * Reads the message of `ErrImagePull` or `ImagePullBackOff`.
 *
 * @returns undefined where it may pass, or nothing is told
 */
export function pullFailure(message: string): PullFailure | undefined {
  const words = withoutNames(message);
  return passing.test(words) ? undefined : signs.find(([, sign]) => sign.test(words))?.[0];
}

/** Images, tags and addresses may be called anything, `forbidden` and `404` included. */
function withoutNames(message: string): string {
  return message.replaceAll(/"[^"]*"/g, '""').replaceAll(/\S*\/\S*/g, '');
}

/** Whether it says that another try may do. */
export function mayPass(message: string): boolean {
  return passing.test(withoutNames(message));
}
