import type { Mutant } from '../../support/mutant-tree.ts';

const key = 'src/credentials/key.ts';
const hostPattern = 'src/image/host-pattern.ts';
const test = 'test/credentials/key.test.ts';

/** 6: credentials are looked up by the bare name of the registry. */
export const credentials: readonly Mutant[] = [
  {
    fault: 'finds nothing under https://index.docker.io/v1/ (6)',
    file: 'src/image/docker-hub.ts',
    find: 'return isDockerHub(host) || host === dockerHubApiHost ? dockerHub : host;',
    replace: 'return host;',
    test: 'test/credentials/docker-hub.test.ts',
    title: '[HB1] [HB10] [H5] under https://index.docker.io/v1/ are for',
  },
  {
    fault: 'finds nothing under a key with a path (6)',
    file: key,
    find: '!path.startsWith(key.path)',
    replace: `key.path !== ''`,
    test,
    title: 'reg.io/team is used for',
  },
  {
    fault: 'finds nothing under a key with a port (6)',
    file: hostPattern,
    find: 'if (pattern.port !== port)',
    replace: `if (pattern.port !== '')`,
    test,
    title: '[K9] reg.io:5000 is used for',
  },
  {
    fault: 'finds nothing where host and port are written as a URL (6)',
    file: key,
    find: "const location = text.replace(/^https?:\\/\\//i, '');",
    replace: 'const location = text;',
    test,
    title: '[K20] https://example.com/v2/ is used for',
  },
  {
    fault: 'takes patterns for names (6)',
    file: hostPattern,
    find: `pattern.matches(labels[index] ?? '')`,
    replace: `pattern.isLiteral && pattern.matches(labels[index] ?? '')`,
    test,
    title: '[K11] *.reg.io is used for',
  },
  {
    fault: 'is anonymous without a word where nothing matches (6)',
    file: 'src/registry/auth/auth-error.ts',
    find: ': looked for ${lookedFor(named)}${answer}`, {',
    replace: '${answer}`, {',
    test: 'test/registry/protocol/basic.test.ts',
    title: '[B7] is AUTH_DENIED without a login, naming what was looked for',
  },
];
