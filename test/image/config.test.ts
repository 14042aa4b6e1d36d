import { expect } from 'chai';

import { commandOf } from '../../src/image/command.ts';
import { parseImageConfig, type ImageConfig } from '../../src/image/config.ts';
import { formatPlatform } from '../../src/image/platform.ts';
import { caughtFrom } from './caught.ts';
import { hex64 } from './reference-table.ts';

const document = (config: unknown, rest: object = {}): Buffer =>
  Buffer.from(JSON.stringify({ os: 'linux', architecture: 'amd64', config, ...rest }));
const parse = (config: unknown, rest: object = {}): ImageConfig => parseImageConfig(document(config, rest));

const commands = [
  { rows: '[CB13] [CB17] [X28]', config: { Entrypoint: ['a'], Cmd: ['b'] }, argv: ['a', 'b'] },
  { rows: '[CB14]', config: { Entrypoint: null, Cmd: ['b', 'c'] }, argv: ['b', 'c'] },
  { rows: '[CB14]', config: { Entrypoint: [], Cmd: ['b', 'c'] }, argv: ['b', 'c'] },
  { rows: '[CB14]', config: { Cmd: ['b', 'c'] }, argv: ['b', 'c'] },
  { rows: '[CB15]', config: { Entrypoint: ['a'], Cmd: null }, argv: ['a'] },
];

const nothingToRun = [{}, { Entrypoint: null, Cmd: null }, { Entrypoint: [], Cmd: [] }, { Entrypoint: [''] }, null];

describe('command of an image', () => {
  for (const { rows, config, argv } of commands) {
    it(`${rows} is ${argv.join(' ')} for ${JSON.stringify(config)}`, () => {
      expect(commandOf(parse(config))).to.deep.equal(argv);
    });
  }

  for (const config of nothingToRun) {
    it(`[CB16] is an error for ${JSON.stringify(config)}`, () => {
      const error = caughtFrom(() => commandOf(parse(config)));
      expect(error.code).to.equal('MAN_CONFIG');
      expect(error.message).to.equal('image has no entrypoint or command');
    });
  }
});

const malformed = [
  { rows: '[CB19]', what: 'an Entrypoint that is a text', bytes: document({ Entrypoint: '/bin/sh' }) },
  { rows: '[CB19]', what: 'a Cmd that holds a number', bytes: document({ Cmd: ['sleep', 1] }) },
  { rows: '[CB19]', what: 'an Entrypoint that holds a NUL', bytes: document({ Entrypoint: ['a\0b'] }) },
  { rows: '[CB19]', what: 'an Env that is an object', bytes: document({ Env: { A: '1' } }) },
  { rows: '[CB27]', what: 'a list', bytes: Buffer.from('[]') },
  { rows: '[CB27]', what: 'a text', bytes: Buffer.from('"config"') },
  { rows: '[CB27]', what: 'null', bytes: Buffer.from('null') },
  { rows: '[CB27]', what: 'a config that is a list', bytes: document([]) },
  { rows: '[CB25]', what: 'a user above 2147483647', bytes: document({ User: '2147483648' }) },
  { rows: '[CB25]', what: 'a user of 20 000 digits', bytes: document({ User: '9'.repeat(20_000) }) },
  { rows: '[CB25]', what: 'a group above 2147483647', bytes: document({ User: '1:4294967296' }) },
  { rows: '[CB25]', what: 'a negative user', bytes: document({ User: '-1' }) },
  { rows: '[CB24]', what: 'a user of three parts', bytes: document({ User: 'a:b:c' }) },
  { rows: '[CB24]', what: 'a user without a group after the colon', bytes: document({ User: 'a:' }) },
  { rows: '[CB24]', what: 'a user with a line break', bytes: document({ User: 'a\nb' }) },
  { rows: '', what: 'what is not JSON', bytes: Buffer.from('{"config":') },
  { rows: '', what: 'what is not UTF-8', bytes: Buffer.from([0x7b, 0xff, 0x7d]) },
  { rows: '', what: 'no architecture', bytes: Buffer.from('{"os":"linux"}') },
  { rows: '', what: 'a malformed layer digest', bytes: document({}, { rootfs: { diff_ids: ['sha256:../x'] } }) },
];

describe('image config', () => {
  for (const { rows, what, bytes } of malformed) {
    it(`${rows} is refused with ${what}`.trim(), () => {
      const error = caughtFrom(() => parseImageConfig(bytes));
      expect(error.code).to.equal('MAN_CONFIG');
      expect(error.details.hint).to.match(/push it again/);
    });
  }

  it('[CB12] ignores what it does not know', () => {
    const config = parse({ Entrypoint: ['a'], Healthcheck: { Test: 7 } }, { author: [], history: 'x', moby: {} });
    expect(commandOf(config)).to.deep.equal(['a']);
  });

  it('[CB20] splits Env at the first = and leaves out what has none, with a warning that shows no value', () => {
    const config = parse({ Env: ['A=1=2', 'SECRETWITHOUTNAME', '=x', 'B='] });
    expect(config.env).to.deep.equal(['A=1=2', 'B=']);
    expect(config.warnings).to.have.length(1);
    expect(config.warnings.join())
      .to.match(/^2 Env entries/)
      .and.not.include('SECRET');
  });

  it('[CB21] lets the later of two Env values win', () => {
    expect(parse({ Env: ['A=1', 'B=2', 'A=3'] }).env).to.have.members(['A=3', 'B=2']);
  });

  const directories = [
    { given: null, taken: '/', warnings: 0 },
    { given: '', taken: '/', warnings: 0 },
    { given: '/srv', taken: '/srv', warnings: 0 },
    { given: 'srv/sub', taken: '/srv/sub', warnings: 1 },
    { given: '../../etc', taken: '/etc', warnings: 1 },
    { given: '/a/../../b/', taken: '/b', warnings: 0 },
  ];
  for (const { given, taken, warnings } of directories) {
    it(`[CB23] takes WorkingDir ${JSON.stringify(given)} as ${taken} with ${String(warnings)} warnings`, () => {
      const config = parse({ WorkingDir: given });
      expect(config.workingDir).to.equal(taken);
      expect(config.warnings).to.have.length(warnings);
    });
  }

  for (const user of ['', '0', '1000', '1000:1000', '65532:nogroup', '2147483647:2147483647']) {
    it(`[CB24] [CB25] takes User ${JSON.stringify(user)} as it is`, () => {
      const config = parse({ User: user });
      expect(config.user).to.equal(user);
      expect(config.warnings).to.deep.equal([]);
    });
  }

  for (const user of ['nobody', 'app:1000', 'app:staff']) {
    it(`[CB24] [CB26] takes User ${user} with a warning that a pod may need a number`, () => {
      const config = parse({ User: user });
      expect(config.user).to.equal(user);
      expect(config.warnings.join()).to.match(/runAsNonRoot/);
    });
  }

  it('[CB28] is refused for Windows', () => {
    expect(caughtFrom(() => parse({ Cmd: ['cmd'] }, { os: 'windows' })).code).to.equal('MAN_PLATFORM');
  });

  it('[PL13] names its platform in the normal spelling', () => {
    expect(formatPlatform(parse({}, { architecture: 'arm64', variant: 'v8' }).platform)).to.equal('linux/arm64');
    expect(formatPlatform(parse({}, { architecture: 'arm', variant: '6' }).platform)).to.equal('linux/arm/v6');
  });

  it('is taken for Linux where it does not name its os, with a warning', () => {
    const config = parseImageConfig(Buffer.from('{"architecture":"amd64"}'));
    expect(config.platform.os).to.equal('linux');
    expect(config.warnings).to.have.length(1);
  });

  it('lists the digests of the uncompressed layers in their order', () => {
    const ids = [`sha256:${hex64}`, `sha256:${'f'.repeat(64)}`];
    expect(parse({}, { rootfs: { type: 'layers', diff_ids: ids } }).diffIds.map(({ text }) => text)).to.deep.equal(ids);
  });
});
