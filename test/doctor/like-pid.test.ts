import { expect } from 'chai';
import { functionRunner } from '../support/command-line.ts';
import { startDaemon } from '../support/daemon.ts';
import { startServing } from '../commands/serving.ts';
import { doctor } from './doctor-command.ts';

describe('doctor --like-pid', function () {
  this.timeout(20_000);

  it('takes the flags of a running service, and those of its own line over them', async () => {
    const serving = await startServing([
      '--drain-delay=0s',
      '--plaintext-fallback=never',
      '--insecure-registries=10.0.0.0/8',
    ]);
    const pid = `--like-pid=${String(serving.pid)}`;
    const alike = await doctor([pid]);
    expect(alike.lines[0]).to.equal('ok flags: 6 flags given; images run with the local runtime');
    const own = await doctor([pid, '--insecure-registries=10.0.0.0/99']);
    expect(own.lines[0]).to.match(/^problem flags: --insecure-registries: "10\.0\.0\.0\/99"/);
    await serving.stop();
  });

  it('refuses a process that is no service, and one that is not there', async () => {
    const other = startDaemon('sleep', ['60']);
    const refused = await functionRunner(['doctor', `--like-pid=${String(other.pid)}`]);
    await other.stop();
    expect(refused.exitCode).to.equal(2);
    expect(refused.stderr).to.include(`process ${String(other.pid)} is not this service`);
    const absent = await functionRunner(['doctor', '--like-pid=2147483647']);
    expect(absent.exitCode).to.equal(2);
    expect(absent.stderr).to.include('there is no process 2147483647');
  });

  it('refuses another command of the same program', async () => {
    const other = startDaemon(process.execPath, ['-e', 'setTimeout(() => 0, 60_000)', '--', 'main.ts', 'tags', 'x']);
    const refused = await functionRunner(['doctor', `--like-pid=${String(other.pid)}`]);
    await other.stop();
    expect(refused.stderr).to.include('is not this service');
  });
});
