import { expect } from 'chai';
import type { OptionRow } from '../../src/config/option-row.ts';
import { optionsFrom, parseFlags } from '../../src/config/parse-flags.ts';

const table = [
  { name: 'port', kind: 'integer', default: '9445', max: 65_535, group: 'g', help: 'h' },
  { name: 'max-size', kind: 'bytes', default: '6291456', min: 1024, group: 'g', help: 'h' },
  { name: 'verbose', kind: 'boolean', default: 'false', group: 'g', help: 'h' },
  { name: 'warm', kind: 'boolean', default: 'true', group: 'g', help: 'h' },
  { name: 'pod-ttl', kind: 'duration', default: '30m', group: 'g', help: 'h' },
  { name: 'mode', kind: 'choice', choices: ['auto', 'never'], default: 'auto', group: 'g', help: 'h' },
  { name: 'disable', kind: 'list', choices: ['exec', 'pod'], default: '', group: 'g', help: 'h' },
  { name: 'file', short: 'f', kind: 'list', repeatable: true, default: '', group: 'g', help: 'h' },
  { name: 'path', kind: 'string', default: './x', group: 'g', help: 'h' },
] as const satisfies readonly OptionRow[];

const defaults = {
  port: 9445,
  maxSize: 6_291_456,
  verbose: false,
  warm: true,
  podTtlMs: 1_800_000,
  mode: 'auto',
  disable: [],
  file: [],
  path: './x',
};

const accepted: readonly {
  readonly argv: readonly string[];
  readonly options: object;
  readonly rest?: readonly string[];
}[] = [
  { argv: [], options: {} },
  { argv: ['--port=1'], options: { port: 1 } },
  { argv: ['-port=1'], options: { port: 1 } },
  { argv: ['--port', '1'], options: { port: 1 } },
  { argv: ['-port', '1'], options: { port: 1 } },
  { argv: ['--port=0x10'], options: { port: 16 } },
  { argv: ['--port=1', '--port=2'], options: { port: 2 } },
  { argv: ['--max-size=6Mi'], options: { maxSize: 6_291_456 } },
  { argv: ['--max-size=1GiB'], options: { maxSize: 1_073_741_824 } },
  { argv: ['--verbose'], options: { verbose: true } },
  { argv: ['-verbose'], options: { verbose: true } },
  { argv: ['--verbose=true'], options: { verbose: true } },
  { argv: ['--verbose=T'], options: { verbose: true } },
  { argv: ['--verbose=1'], options: { verbose: true } },
  { argv: ['--warm=false'], options: { warm: false } },
  { argv: ['--warm=0'], options: { warm: false } },
  { argv: ['--verbose', 'false'], options: { verbose: true }, rest: ['false'] },
  { argv: ['--pod-ttl=1h30m'], options: { podTtlMs: 5_400_000 } },
  { argv: ['--pod-ttl', '1.5s'], options: { podTtlMs: 1500 } },
  { argv: ['--mode=never'], options: { mode: 'never' } },
  { argv: ['--disable=exec,pod'], options: { disable: ['exec', 'pod'] } },
  { argv: ['--disable', 'exec, pod'], options: { disable: ['exec', 'pod'] } },
  { argv: ['--disable='], options: { disable: [] } },
  { argv: ['-f', 'a,b.yaml', '--file=-'], options: { file: ['a,b.yaml', '-'] } },
  { argv: ['--path='], options: { path: '' } },
  { argv: ['--path=a=b'], options: { path: 'a=b' } },
  { argv: ['--path', '--verbose'], options: { path: '--verbose' } },
  { argv: ['image', '--port=1', 'key=value'], options: { port: 1 }, rest: ['image', 'key=value'] },
  { argv: ['--port=1', '--', '--verbose', '-'], options: { port: 1 }, rest: ['--verbose', '-'] },
  { argv: ['-'], options: {}, rest: ['-'] },
];

const refused: readonly { readonly argv: readonly string[]; readonly message: RegExp }[] = [
  { argv: ['--port=x'], message: /^--port: "x" is wrong; give a whole number from 0 to 65535$/ },
  { argv: ['-port=65536'], message: /^-port: "65536" is wrong; give a whole number from 0 to 65535$/ },
  { argv: ['--port=-1'], message: /^--port: "-1" is wrong/ },
  { argv: ['--port=1.5'], message: /^--port: "1.5" is wrong/ },
  { argv: ['--port='], message: /^--port: "" is wrong/ },
  { argv: ['--port'], message: /^--port: needs a value; give a whole number from 0 to 65535$/ },
  { argv: ['--path'], message: /^--path: needs a value; give it as --path=VALUE$/ },
  {
    argv: ['--max-size=6MB'],
    message: /^--max-size: "6MB" is wrong; give a number of bytes, like 6291456 or 6Mi, of at least 1024$/,
  },
  { argv: ['--verbose=yes'], message: /^--verbose: "yes" is wrong; give true or false$/ },
  { argv: ['--verbose='], message: /^--verbose: "" is wrong; give true or false$/ },
  { argv: ['--pod-ttl=30'], message: /^--pod-ttl: "30" is wrong; give a duration, like 500ms, 30s or 1h30m/ },
  { argv: ['--pod-ttl=-1s'], message: /^--pod-ttl: "-1s" is wrong; .* at least 0s$/ },
  { argv: ['--mode=Auto'], message: /^--mode: "Auto" is wrong; give one of auto, never$/ },
  {
    argv: ['--disable=exec,kube'],
    message: /^--disable: "exec,kube" is wrong; give a comma-separated list of exec, pod$/,
  },
  {
    argv: ['--disable= , '],
    message: /^--disable: " , " is wrong; give a comma-separated list, or nothing$/,
  },
  { argv: ['--prot=1'], message: /^--prot: no such flag; did you mean --port\?$/ },
  { argv: ['--pod_ttl=1m'], message: /^--pod_ttl: no such flag; did you mean --pod-ttl\?$/ },
  { argv: ['--something-else'], message: /^--something-else: no such flag; see --help$/ },
  { argv: ['--constructor=1'], message: /^--constructor: no such flag/ },
  { argv: ['---port=1'], message: /^---port: no such flag; did you mean --port\?$/ },
];

describe('flags', () => {
  for (const { argv, options, rest = [] } of accepted) {
    it(`${JSON.stringify(argv)} are read`, () => {
      const flags = parseFlags(table, argv);
      expect(flags.faults).to.deep.equal([]);
      expect(optionsFrom(table, flags)).to.deep.equal({ ...defaults, ...options });
      expect(flags.positionals).to.deep.equal(rest);
    });
  }

  for (const { argv, message } of refused) {
    it(`${JSON.stringify(argv)} are refused with what would be right`, () => {
      const { faults } = parseFlags(table, argv);
      expect(faults).to.have.length(1);
      expect(faults[0]?.message).to.match(message);
    });
  }

  it('are all looked at before anything is reported', () => {
    const argv = ['--port=x', '--prot', '9446', '--pod-ttl', 'soon', '--verbose=2', '--mode'];
    expect(parseFlags(table, argv).faults.map(({ flag }) => flag)).to.deep.equal([
      '--port',
      '--prot',
      '--pod-ttl',
      '--verbose',
      '--mode',
    ]);
  });

  it('keep the value of an unknown flag from being another fault', () => {
    expect(parseFlags(table, ['--prot', '9446']).positionals).to.deep.equal([]);
  });

  it('tell which of them were given', () => {
    expect([...parseFlags(table, ['-f', 'x', '--port=1']).given]).to.have.members(['file', 'port']);
  });
});
