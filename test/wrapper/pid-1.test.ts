import { expect } from 'chai';
import { readdir, readFile } from 'node:fs/promises';
import { isRunning, waitUntil } from '../local/wait-until.ts';
import { runProgram } from '../support/program.ts';
import { requires } from '../support/requires.ts';
import { build, buildTimeoutMs } from './go-build.ts';
import { type InPodServer, script, startInPodServer } from './in-pod-server.ts';

const request = { image: 'example.com/fn:v1', resourceList: Buffer.from('kind: ResourceList\n') };
const prefix = ['unshare', '--user', '--map-root-user', '--pid', '--fork', '--kill-child', '--mount-proc'];

/** Tells name and state of every process of its pid namespace, its own shell's included, on stderr. */
const listProcesses =
  'for each in /proc/[0-9]*; do read -r pid name state rest <$each/stat && echo "$name $state" >&2; done; cat';

describe('the in-pod server as pid 1', function () {
  requires('go', 'user-namespaces');
  let server: InPodServer | undefined;

  before(async function () {
    this.timeout(buildTimeoutMs);
    await build();
  });

  afterEach(async () => {
    await server?.stop();
    server = undefined;
  });

  async function start(text: string): Promise<InPodServer> {
    server = await startInPodServer({ prefix, entrypoint: script(text) });
    return server;
  }

  /** The first child; 0 while there is none. Any thread of the parent may have started it. */
  async function childOf(pid: number | undefined): Promise<number> {
    const tasks = `/proc/${String(pid)}/task`;
    const names = await readdir(tasks);
    const texts = await Promise.all(names.map(async (name) => readFile(`${tasks}/${name}/children`, 'utf8')));
    return Number(texts.join(' ').trim().split(' ')[0]);
  }

  async function processes({ client }: InPodServer): Promise<readonly string[]> {
    const answer = await client.evaluate(request);
    return Buffer.from(answer.stderr).toString().trim().split('\n');
  }

  it('reaps orphans of functions, whatever session they are in', async () => {
    const running = await start(`(sleep 0.01 &) ; setsid sh -c 'sleep 0.01 &' ; ${listProcesses}`);
    for (let call = 0; call < 5; call += 1) await running.client.evaluate(request);
    const found = await processes(running);
    expect(found.filter((line) => line.includes('wrapper-server'))).to.have.length(2);
    expect(found.filter((line) => line.startsWith('(sleep)')).length, found.join(', ')).to.be.at.most(2);
    expect(found.filter((line) => line.endsWith(' Z')).length, found.join(', ')).to.be.at.most(2);
  });

  it('reaps orphans of what was started in the pod beside it', async () => {
    const running = await start(listProcesses);
    const first = await childOf(running.child.pid);
    const enter = ['--target', String(first), '--user', '--pid', '--preserve-credentials'];
    const made = await runProgram('nsenter', [...enter, 'sh', '-c', '(sleep 0.2 >/dev/null 2>&1 &)']);
    expect(made).to.include({ exitCode: 0, stderr: '' });
    expect(await processes(running)).to.include('(sleep) S');
    await waitUntil(async () => (await processes(running)).every((line) => !line.startsWith('(sleep)')));
    const names = (await processes(running)).map((line) => line.slice(0, line.lastIndexOf(' ')));
    expect(names).to.have.members(['(wrapper-server)', '(wrapper-server)', '(sh)']);
  });

  it('passes SIGTERM on, finishes the call, and exits as its server does', async () => {
    const running = await start('sleep 0.5; cat');
    const call = running.client.evaluateFunction(request);
    const first = await childOf(running.child.pid);
    const serving = await childOf(first);
    await waitUntil(async () => (await childOf(serving)) > 0);
    process.kill(first, 'SIGTERM');
    expect(Buffer.from((await call).resourceList).toString()).to.equal('kind: ResourceList\n');
    expect(await running.exited).to.equal(0);
  });

  it('ends, with everything in the pod, when its server is killed', async () => {
    const running = await start('sleep 66');
    const call = running.client.evaluateFunction(request).catch(() => undefined);
    const serving = await childOf(await childOf(running.child.pid));
    await waitUntil(async () => (await childOf(serving)) > 0);
    const functionPid = await childOf(serving);
    process.kill(serving, 'SIGKILL');
    expect(await running.exited).to.equal(128 + 9);
    await call;
    await waitUntil(async () => !(await isRunning(functionPid)));
  });
});
