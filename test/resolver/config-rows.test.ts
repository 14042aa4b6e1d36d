import { expect } from 'chai';
import { startService, type TestService } from '../support/service.ts';
import { failureOf } from './failure-of.ts';
import { type ScriptedRegistry, startScriptedRegistry } from './scripted-registry.ts';

interface Refused {
  readonly row: string;
  readonly config: unknown;
  readonly message: RegExp;
}

const refused: readonly Refused[] = [
  { row: 'CB16', config: { Entrypoint: [], Cmd: null }, message: /image has no entrypoint or command/ },
  { row: 'CB19', config: { Entrypoint: '/fn --flag' }, message: /Entrypoint/ },
  { row: 'CB25', config: { Entrypoint: ['/fn'], User: '4294967296' }, message: /User/ },
  { row: 'CB25', config: { Entrypoint: ['/fn'], User: '2147483648:0' }, message: /User/ },
];

interface Taken {
  readonly row: string;
  readonly what: string;
  readonly config: unknown;
  readonly answer: Readonly<Record<string, unknown>>;
  readonly warning: RegExp;
}

const taken: readonly Taken[] = [
  {
    row: 'CB20',
    what: 'leaves out what in Env has no "=", and splits the others at the first one',
    config: { Entrypoint: ['/fn'], Env: ['A=b=c', 'NOTHING', 'EMPTY='] },
    answer: { env: ['A=b=c', 'EMPTY='] },
    warning: /Env/,
  },
  {
    row: 'CB23',
    what: 'takes a relative WorkingDir from the root',
    config: { Entrypoint: ['/fn'], WorkingDir: 'srv/here' },
    answer: { workingDir: '/srv/here' },
    warning: /WorkingDir/,
  },
  {
    row: 'CB26',
    what: 'takes a User that is a name',
    config: { Entrypoint: ['/fn'], User: 'app:staff' },
    answer: { user: 'app:staff' },
    warning: /runAsNonRoot/,
  },
];

describe('the config of a resolved image', () => {
  let registry: ScriptedRegistry;
  let service: TestService;
  let image: string;

  before(async () => {
    registry = await startScriptedRegistry();
    service = await startService({ flags: ['--insecure-registries=127.0.0.1', '--image-platform=linux/amd64'] });
  });

  beforeEach(() => {
    image = `${registry.authority}/team/fn:v${String(registry.takeRequests().length)}-${String(service.logLines.length)}`;
  });

  after(async () => {
    await service.stop();
    await registry.stop();
  });

  for (const { row, config, message } of refused) {
    it(`[${row}] is refused, naming the image and what to do, with ${JSON.stringify(config)}`, async () => {
      tag(config);
      const failure = await failureOf(service.resolve(image));
      expect(failure).to.include({ status: 'FAILED_PRECONDITION', reason: 'MAN_CONFIG' });
      expect(failure.message).to.match(message).and.to.contain(image);
      expect(failure.hint).to.match(/^[A-Z].*[.]$/);
    });
  }

  for (const { row, what, config, answer, warning } of taken) {
    it(`[${row}] ${what}, with a warning in the log`, async () => {
      tag(config);
      expect(await service.resolve(image)).to.deep.include(answer);
      const warnings = service.logLines.filter((line) => line.includes('"level":"warn"') && line.includes(image));
      expect(warnings.some((line) => warning.test(line))).to.equal(true);
    });
  }

  it('[CB23] without a WorkingDir stands at the root', async () => {
    tag({ Entrypoint: ['/fn'], WorkingDir: '' });
    expect((await service.resolve(image)).workingDir).to.equal('/');
  });

  it('[CB13] [CB14] [CB15] [X28] gives entrypoint and command, both of them', async () => {
    for (const [Entrypoint, Cmd] of [
      [['a'], ['b']],
      [null, ['b', 'c']],
      [['a'], null],
    ]) {
      tag({ Entrypoint, Cmd });
      const { entrypoint, cmd } = await service.resolve(image, { refresh: true });
      expect([entrypoint, cmd]).to.deep.equal([Entrypoint ?? [], Cmd ?? []]);
    }
  });

  function tag(config: unknown): void {
    const content = registry.serveImage({ os: 'linux', architecture: 'amd64', config });
    registry.tag(image.slice(image.lastIndexOf(':') + 1), content);
  }
});
