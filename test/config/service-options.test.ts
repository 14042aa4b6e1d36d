import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { format } from 'prettier';
import { authSecretPath } from '../../src/config/auth-secret-path.ts';
import { flagsMarkdown } from '../../src/config/flags-markdown.ts';
import { parseServiceFlags } from '../../src/config/options.ts';
import { serviceOptions } from '../../src/config/service-options.ts';

/** porch-contract.md, "Flags", and the issue's own ones. */
const expected: readonly (readonly [flag: string, key: string, value: unknown])[] = [
  ['port', 'port', 9445],
  ['disable-runtimes', 'disableRuntimes', []],
  ['log-level', 'logLevel', 2],
  ['default-image-prefix', 'defaultImagePrefix', 'ghcr.io/kptdev/krm-functions-catalog/'],
  ['functions', 'functions', './functions'],
  ['config', 'config', './config.yaml'],
  ['pod-cache-config', 'podCacheConfig', ''],
  ['warm-up-pod-cache', 'warmUpPodCache', true],
  ['pod-namespace', 'podNamespace', 'porch-fn-system'],
  ['pod-ttl', 'podTtlMs', 30 * 60_000],
  ['scan-interval', 'scanIntervalMs', 60_000],
  ['function-pod-template', 'functionPodTemplate', ''],
  ['pod-address', 'podAddress', 'ip'],
  ['max-request-body-size', 'maxRequestBodySize', 6_291_456],
  ['max-waitlist-length', 'maxWaitlistLength', 2],
  ['max-parallel-pods-per-function', 'maxParallelPodsPerFunction', 1],
  ['enable-private-registries', 'enablePrivateRegistries', false],
  ['registry-auth-secret-path', 'registryAuthSecretPath', '/var/tmp/auth-secret/.dockerconfigjson'],
  ['registry-auth-secret-name', 'registryAuthSecretName', 'auth-secret'],
  ['enable-private-registries-tls', 'enablePrivateRegistriesTls', false],
  ['tls-secret-path', 'tlsSecretPath', '/var/tmp/tls-secret/'],
  ['runtime', 'runtime', 'auto'],
  ['plaintext-fallback', 'plaintextFallback', 'auto'],
  ['insecure-registries', 'insecureRegistries', ''],
  ['image-cache-ttl', 'imageCacheTtlMs', 5 * 60_000],
  ['resolve-timeout', 'resolveTimeoutMs', 30_000],
  ['max-concurrent-evaluations', 'maxConcurrentEvaluations', 1000],
  ['evaluation-timeout', 'evaluationTimeoutMs', 5 * 60_000],
  ['drain-delay', 'drainDelayMs', 5000],
];

describe('the flags of the service', () => {
  for (const [flag, key, value] of expected) {
    it(`have --${flag} with its default`, () => {
      expect(parseServiceFlags([]).options).to.have.deep.property(key, value);
      expect(serviceOptions.map(({ name }) => name)).to.include(flag);
    });
  }

  it('have --bind-address, --image-platform and --kubeconfig', () => {
    const { options, faults } = parseServiceFlags([
      '--bind-address=::1',
      '--image-platform=linux/arm64',
      '-kubeconfig=k',
    ]);
    expect(faults).to.deep.equal([]);
    expect(options).to.include({ bindAddress: '::1', imagePlatform: 'linux/arm64', kubeconfig: 'k' });
  });

  it('are what docs/flags.md says', async () => {
    const written = await readFile('docs/flags.md', 'utf8');
    expect(written).to.equal(await format(flagsMarkdown(), { parser: 'markdown' }));
  });
});

const [usual, other] = ['/var/tmp/auth-secret/.dockerconfigjson', '/var/tmp/config-secret/.dockerconfigjson'];

const secretCases = [
  { what: 'the default, where it exists', existing: [usual, other], given: [], path: usual, warns: false },
  { what: "Porch's other default, where only that exists", existing: [other], given: [], path: other, warns: true },
  { what: 'the default, where nothing exists', existing: [], given: [], path: usual, warns: false },
  {
    what: 'what was given, whatever exists',
    existing: [other],
    given: ['registry-auth-secret-path'],
    path: usual,
    warns: false,
  },
] as const;

describe('the credentials file', () => {
  for (const { what, existing, given, path, warns } of secretCases) {
    it(`is ${what}`, () => {
      const chosen = authSecretPath({ registryAuthSecretPath: usual }, new Set(given), (candidate) =>
        existing.some((name) => name === candidate),
      );
      expect(chosen.path).to.equal(path);
      expect(chosen.warning !== undefined).to.equal(warns);
    });
  }
});
