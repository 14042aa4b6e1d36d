import type { Mutant } from '../../support/mutant-tree.ts';

const body = 'src/registry/transport/body.ts';
const digest = 'src/image/digest.ts';
const walk = 'src/registry/content/index-walk.ts';
const challenge = 'src/registry/auth/challenge.ts';
const shapes = 'test/registry/protocol/manifest-answers.test.ts';
const canaries = 'test/canary/canary.test.ts';

/** 8 to 15: what registries send. */
export const content: readonly Mutant[] = [
  {
    fault: 'takes one byte more than 4 MiB (8)',
    file: body,
    find: 'if (bytes > maxBytes) throw',
    replace: 'if (bytes > maxBytes + 1) throw',
    test: 'test/security/table-7-2.test.ts',
    title: '[7.2.8] takes a manifest of 4 MiB in chunks without Content-Length, and aborts one of 4 MiB + 1',
  },
  {
    fault: 'believes in Content-Length alone (8)',
    file: body,
    find: 'if (bytes > maxBytes) throw',
    replace: `if (Number(response.headers['content-length'] ?? 0) > maxBytes) throw`,
    test: 'test/security/table-7-2.test.ts',
    title: '[7.2.8] takes a manifest of 4 MiB in chunks without Content-Length, and aborts one of 4 MiB + 1',
  },
  {
    fault: 'counts the bytes that were sent, not those that they unfold to (9)',
    file: body,
    find: 'bytes += piece.length;',
    replace: `bytes += response.headers['content-encoding'] === undefined ? piece.length : 0;`,
    test: 'test/registry/transport/bodies.test.ts',
    title: '[7.2.9] stops unpacking a manifest that expands a thousand times',
  },
  {
    fault: 'takes whatever comes under a digest (10)',
    file: 'src/registry/content/content-digest.ts',
    find: 'if (pinned !== undefined && digest.text !== pinned.text) throw wrongDigest(pinned.text, digest.text);',
    replace: 'if (pinned !== undefined) return pinned;',
    test: shapes,
    title: '[7.2.10] is MAN_DIGEST at once when a digest brings another valid manifest',
  },
  {
    fault: 'asks for any text as a digest (11)',
    file: digest,
    find: 'if (!/^[0-9A-Fa-f]{32,}$/.test(hex)) throw',
    replace: 'if (hex.startsWith("..")) return { algorithm, hex, text };\n  if (!/^[0-9A-Fa-f]{32,}$/.test(hex)) throw',
    test: shapes,
    title: '[7.2.11] is MAN_TYPE for a config digest that leaves its folder',
  },
  {
    fault: 'knows digests by capitals too (11)',
    file: digest,
    find: `const algorithm = text.slice(0, Math.max(colon, 0));`,
    replace: `const algorithm = text.slice(0, Math.max(colon, 0)).toLowerCase();`,
    test: shapes,
    title: '[7.2.11] is MAN_TYPE for a config digest in upper case',
  },
  {
    fault: 'takes a digest of any length (11)',
    file: digest,
    find: 'if (hex.length !== hexLengths[algorithm]) {',
    replace: 'if (hex.length > hexLengths[algorithm]) {',
    test: shapes,
    title: '[7.2.11] is MAN_TYPE for a config digest of 63 digits',
  },
  {
    fault: 'follows indexes into indexes for ever (12)',
    file: walk,
    find: 'if (depth > maxDepth) throw',
    replace: 'if (depth > 1000) throw',
    test: shapes,
    title: '[MT15] [7.2.12] is MAN_TYPE when indexes nest in each other without end',
  },
  {
    fault: 'does not see that an index leads back to itself (12)',
    file: walk,
    find: 'if (this.#entered.has(digest.text)) throw',
    replace: 'if (this.#entered.has(digest.text)) return; if (depth > 1000) throw',
    test: 'test/registry/manifest.test.ts',
    title: '[MT15] [7.2.12] must not lead back to where it came from',
  },
  {
    fault: 'reads a challenge of any length (13)',
    file: challenge,
    find: 'if (chars > maxHeaderChars) throw',
    replace: 'if (chars > 100 * 1024 * 1024) throw',
    test: 'test/registry/challenge.test.ts',
    title: '[7.2.13] is refused for more than 8 KiB',
  },
  {
    fault: 'looks for the end of a quoted text again and again (13)',
    file: challenge,
    find: "let value = '';",
    replace: `let value = ''; for (let at = 0; at < this.#text.length; at += 1) value = this.#text.slice(at).split('"').join(''); value = '';`,
    test: 'test/registry/challenge.test.ts',
    title: '[7.2.13] is read in under 10 ms of processor time when it is unterminated quotes',
  },
  {
    fault: 'shows a password that a registry gives back (14)',
    file: 'src/core/safe-text.ts',
    find: 'if (value.length >= minRedactedChars) clean',
    replace: 'if (value.length >= 1000) clean',
    test: canaries,
    title: '[7.2.14] answers 403 and gives the password back',
  },
  {
    fault: 'shows the signature in a URL (14)',
    file: 'src/core/safe-text.ts',
    find: 'return `${url.protocol}//${url.host}${url.pathname}`;',
    replace: 'return url.href;',
    test: canaries,
    title: '[7.2.14] sends blobs to a storage that hangs up',
  },
  {
    fault: 'shows a token in its log (14)',
    file: 'src/registry/auth/token-service.ts',
    find: `this.#count('ok');`,
    replace: `this.#count('ok'); this.#options.log.debug('token', { token: issued.token.reveal().toString() });`,
    test: canaries,
    title: '[7.2.14] asks for a token and takes it',
  },
  {
    fault: 'shows the password of a proxy (14)',
    file: 'src/registry/trust/trust-chain.ts',
    find: 'proxy: last?.proxy?.origin,',
    replace: 'proxy: last?.proxy?.href,',
    test: 'test/canary/configuration.test.ts',
    title: '[7.2.14] cannot be reached at 127.0.0.1:1',
  },
  {
    fault: 'takes a web page at /v2/ for a registry (15)',
    file: 'src/registry/auth/challenge-reader.ts',
    find: 'if (response.status === 200 && body.isHtml) throw',
    replace: 'if (response.status === 200 && body.codes.length > 0) throw',
    test: 'test/registry/protocol/error-answers.test.ts',
    title: '[7.2.15] is NOT_A_REGISTRY when /v2/ brings a web page',
  },
];
