import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import type { CallerLogin } from '../../src/credentials/caller.ts';
import { functionDouble } from '../grpc/function-double.ts';
import { functionRunner } from '../support/command-line.ts';
import { startService, type TestService } from '../support/service.ts';
import { type TempFolder, tempFolder } from '../support/temp-folder.ts';

const password = 'pass:"wörd"';

describe('evaluate --registry-auth-file', function () {
  this.timeout(30_000);
  let folder: TempFolder;
  let service: TestService;
  const callers: (CallerLogin | undefined)[] = [];
  const path = (name: string): string => join(folder.path, name);

  before(async () => {
    folder = await tempFolder('registry-auth');
    await writeFile(path('login'), `joe:${password}\n`);
    await writeFile(path('login.json'), JSON.stringify({ username: 'joe', password, serveraddress: 'r.example' }));
    await writeFile(path('in'), 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\n');
    const evaluator = functionDouble(async ({ caller }) => {
      callers.push(caller);
      return Promise.resolve({});
    });
    service = await startService({ overrides: { firstEvaluators: [evaluator] } });
  });

  after(async () => {
    await service.stop();
    await folder.remove();
  });

  const evaluate = async (...flags: readonly string[]): ReturnType<typeof functionRunner> =>
    functionRunner(['evaluate', 'r.example/fn:v1', '-f', path('in'), ...flags]);

  for (const [file, server] of [
    ['login', undefined],
    ['login.json', 'r.example'],
  ] as const)
    it(`sends what ${file} holds with the call`, async () => {
      callers.length = 0;
      const { exitCode, stderr } = await evaluate(`--address=${service.address}`, `--registry-auth-file=${path(file)}`);
      expect([exitCode, stderr]).to.deep.equal([0, '']);
      const [caller] = callers;
      expect(caller?.server).to.equal(server);
      expect(
        caller?.login.kind === 'basic' && [caller.login.username, caller.login.password.reveal().toString()],
      ).to.deep.equal(['joe', password]);
    });

  it('sends nothing without it', async () => {
    callers.length = 0;
    expect((await evaluate(`--address=${service.address}`)).exitCode).to.equal(0);
    expect(callers).to.deep.equal([undefined]);
  });

  for (const [what, flags, fault] of [
    ['where others could read it', ['--address=runner.example:9445'], /needs TLS to runner\.example:9445/],
    ['where anybody could answer', ['--address=runner.example:9445', '--tls-no-verify'], /without --tls-no-verify/],
    ['without a service', [], /needs --address/],
  ] as const)
    it(`is refused ${what}`, async () => {
      const { exitCode, stderr } = await evaluate(...flags, `--registry-auth-file=${path('login')}`);
      expect([exitCode, stderr]).to.deep.equal([2, stderr]);
      expect(stderr).to.match(fault).and.to.not.include(password);
    });

  it('names a file that is not there', async () => {
    const { exitCode, stderr } = await evaluate(`--address=${service.address}`, `--registry-auth-file=${path('none')}`);
    expect(exitCode).to.equal(1);
    expect(stderr)
      .to.include(`${path('none')} does not exist`)
      .and.include('user:password');
  });
});
