import { expect } from 'chai';

import { choosePlatform, formatPlatform, hostPlatform, parsePlatform } from '../../src/image/platform.ts';
import { caughtFrom } from './caught.ts';

const entry = (
  platform: string | undefined,
): { platform: ReturnType<typeof parsePlatform> | undefined; value: string } => ({
  platform: platform === undefined ? undefined : parsePlatform(platform),
  value: platform ?? 'without platform',
});

/** What of an index can run, best first, by the names as given. */
const chosen = (wanted: string, offered: readonly (string | undefined)[]): readonly string[] =>
  choosePlatform(parsePlatform(wanted), offered.map(entry)).map(({ value }) => value);

const arm64Minors = Array.from({ length: 10 }, (_, minor) => `linux/arm64/v8.${String(minor)}`);

const compatibility = [
  {
    rows: '[PL1] [X20]',
    wanted: 'linux/amd64',
    yes: ['linux/amd64'],
    no: ['linux/386', 'linux/amd64/v2', 'linux/arm', 'linux/arm64', 'windows/amd64'],
  },
  {
    rows: '[PL2] [X20]',
    wanted: 'linux/amd64/v2',
    yes: ['linux/amd64/v2', 'linux/amd64/v1', 'linux/amd64'],
    no: ['linux/amd64/v3', 'linux/amd64/v4', 'linux/386'],
  },
  { rows: '[PL3]', wanted: 'linux/386', yes: ['linux/386'], no: ['linux/amd64', 'linux/arm'] },
  {
    rows: '[PL5]',
    wanted: 'linux/arm/v7',
    yes: ['linux/arm', 'linux/arm/v7', 'linux/arm/v6', 'linux/arm/v5'],
    no: ['linux/arm/v8', 'linux/arm64'],
  },
  { rows: '[PL6]', wanted: 'linux/arm/v6', yes: ['linux/arm/v6', 'linux/arm/v5'], no: ['linux/arm', 'linux/arm/v7'] },
  { rows: '[PL7]', wanted: 'linux/arm/v5', yes: ['linux/arm/v5'], no: ['linux/arm', 'linux/arm/v6'] },
  {
    rows: '[PL8] [X20]',
    wanted: 'linux/arm64',
    yes: ['linux/arm64', 'linux/arm64/v8'],
    no: ['linux/arm64/v9', 'linux/arm', 'linux/arm/v5', 'linux/arm/v6', 'linux/arm/v7', 'linux/arm/v8'],
  },
  {
    rows: '[PL9]',
    wanted: 'linux/arm64/v8.1',
    yes: ['linux/arm64/v8.1', 'linux/arm64', 'linux/arm64/v8'],
    no: ['linux/arm64/v8.2', 'linux/arm64/v9'],
  },
  {
    rows: '[PL11]',
    wanted: 'linux/arm64/v9.6',
    yes: ['linux/arm64/v9.6', 'linux/arm64/v9.5', 'linux/arm64/v9', ...arm64Minors.toReversed()],
    no: ['linux/arm64/v9.7', 'linux/arm64/v8.10'],
  },
  { rows: '[PL12] [PL17]', wanted: 'linux/amd64', yes: ['linux/amd64'], no: ['linux/386', 'linux/amd64/v3'] },
  { rows: '[PL14]', wanted: 'linux/arm64', yes: ['linux/arm64', 'linux/arm64/v8'], no: [] },
  { rows: '[PL15]', wanted: 'linux/arm', yes: ['linux/arm', 'linux/arm/v6', 'linux/arm/v5'], no: ['linux/arm/v8'] },
  { rows: '[PL18]', wanted: 'linux/riscv64/rva23', yes: ['linux/riscv64/rva23'], no: ['linux/s390x/rva23'] },
];

describe('platform of an index', () => {
  for (const { rows, wanted, yes, no } of compatibility) {
    it(`${rows} runs ${yes.join(', ')} on ${wanted}, best first, and not ${no.join(', ')}`, () => {
      expect(chosen(wanted, [...no, ...yes])).to.deep.equal(yes);
    });
  }

  it('[PL2] [PL28] prefers the richest variant, wherever it stands in the index', () => {
    expect(chosen('linux/amd64/v3', ['linux/amd64', 'linux/amd64/v3', 'linux/amd64/v2'])).to.deep.equal([
      'linux/amd64/v3',
      'linux/amd64/v2',
      'linux/amd64',
    ]);
  });

  it('[PL19] [PL25] takes the first of several equal ones', () => {
    const platform = parsePlatform('linux/amd64');
    const choice = choosePlatform(platform, [
      { platform, value: 'first' },
      { platform, value: 'second' },
    ]);
    expect(choice.map(({ value }) => value)).to.deep.equal(['first', 'second']);
  });

  it('[PL20] [PL21] [PL23] [PL28] [X19] keeps entries without a platform as the last resort', () => {
    expect(chosen('linux/amd64', [undefined, 'linux/arm64', 'linux/amd64'])).to.deep.equal([
      'linux/amd64',
      'without platform',
    ]);
    expect(chosen('linux/s390x', [undefined, 'linux/amd64'])).to.deep.equal(['without platform']);
  });

  it('[PL24] never takes an attestation', () => {
    expect(chosen('linux/amd64', ['unknown/unknown'])).to.deep.equal([]);
    expect(chosen('unknown/unknown', ['unknown/unknown'])).to.deep.equal([]);
  });

  it('[PL26] is none where nothing can run', () => {
    expect(chosen('linux/amd64', ['linux/arm64', 'windows/amd64'])).to.deep.equal([]);
    expect(chosen('linux/amd64', [])).to.deep.equal([]);
  });
});

describe('platform name', () => {
  const names = [
    ['linux/aarch64', 'linux/arm64'],
    ['linux/arm64/v8', 'linux/arm64'],
    ['linux/arm64/8', 'linux/arm64'],
    ['linux/arm64/v9.0', 'linux/arm64/v9'],
    ['linux/armhf', 'linux/arm/v7'],
    ['linux/armel', 'linux/arm/v6'],
    ['linux/arm', 'linux/arm/v7'],
    ['linux/arm/7', 'linux/arm/v7'],
    ['linux/x86_64', 'linux/amd64'],
    ['linux/i386', 'linux/386'],
    ['macOS/amd64', 'darwin/amd64'],
    ['linux/amd64/v1', 'linux/amd64'],
    ['Linux/AMD64', 'linux/amd64'],
  ] as const;
  for (const [given, normal] of names) {
    it(`[PL13] ${given} is ${normal}`, () => {
      expect(formatPlatform(parsePlatform(given))).to.equal(normal);
    });
  }

  for (const given of [
    '',
    'linux',
    'linux/',
    '/amd64',
    'linux/amd64/v2/x',
    'linux/am d64',
    `linux/${'a'.repeat(65)}`,
  ]) {
    it(`${JSON.stringify(given.slice(0, 20))} of ${String(given.length)} characters is refused`, () => {
      expect(caughtFrom(() => parsePlatform(given)).code).to.equal('CFG_OPTION');
    });
  }

  it('of this machine is Linux with an architecture as the index names it', () => {
    const host = hostPlatform();
    expect(host.os).to.equal('linux');
    expect(host.architecture).to.not.be.oneOf(['x64', 'ia32', '']);
    expect(parsePlatform(formatPlatform(host))).to.deep.equal(host);
  });
});
