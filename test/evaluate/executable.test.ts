import { expect } from 'chai';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RunnerError } from '../../src/core/errors.ts';
import { silentLog } from '../../src/core/log.ts';
import type { Outcome } from '../../src/evaluate/evaluator.ts';
import { ExecutableEvaluator } from '../../src/evaluate/executable.ts';
import { tempFolder, type TempFolder } from '../support/temp-folder.ts';
import { refused } from './refused.ts';

const image = 'registry.example.com/fn:v1';
const list = 'apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: []\n';
const functions = `functions: [{function: fn, images: [${image}]}]\n`;

describe('an executable function', () => {
  let folder: TempFolder;

  beforeEach(async () => {
    folder = await tempFolder('functions');
    await mkdir(join(folder.path, 'functions'));
  });

  afterEach(async () => folder.remove());

  it('[KR1] gets the ResourceList on stdin and answers on stdout', async () => {
    await script('echo working >&2; cat');
    const outcome = await run();
    expect(outcome).to.deep.include({ runtime: 'executable', exitCode: 0, digest: undefined, stderrBytes: 8 });
    expect(Buffer.from(outcome.output).toString()).to.equal(list);
    expect(Buffer.from(outcome.stderr).toString()).to.equal('working\n');
  });

  it('is found under any spelling of its image', async () => {
    await script('cat');
    await writeFile(join(folder.path, 'config.yaml'), 'functions: [{function: fn, images: [fn]}]\n');
    for (const name of ['fn', 'fn:latest', 'default.example.com/fns/fn', 'DEFAULT.example.com/fns/fn:latest']) {
      expect((await run(name)).exitCode).to.equal(0);
    }
    expect((await refusal('fn:v2')).code).to.equal('FUNCTION_NOT_FOUND');
  });

  it('keeps its exit code, its results and its log when it fails', async () => {
    await script("printf 'kind: ResourceList\\nresults:\\n- message: no\\n'; echo why >&2; exit 3");
    const outcome = await run();
    expect(outcome.exitCode).to.equal(3);
    expect(outcome.results).to.deep.equal([{ message: 'no', severity: 'error' }]);
    expect(Buffer.from(outcome.stderr).toString()).to.equal('why\n');
  });

  it('sees the given environment and nothing else', async () => {
    await script('env | sort >&2; cat');
    expect(Buffer.from((await run()).stderr).toString()).to.match(
      /^HOME=\/nowhere\n(OLDPWD=.*\n)?PATH=.*\n(PWD=.*\n)?(SHLVL=.*\n)?(_=.*\n)?$/,
    );
  });

  it('that is not in its folder cannot start, which is something else than not found', async () => {
    await writeFile(join(folder.path, 'config.yaml'), functions);
    expect((await refusal()).code).to.equal('FUNCTION_START');
  });

  it('that prints no ResourceList is an error', async () => {
    await script('echo hello');
    expect((await refusal()).code).to.equal('FUNCTION_OUTPUT');
  });

  it('that is not in the file is not found, even when the folder holds its name', async () => {
    await script('cat');
    await writeFile(join(folder.path, 'config.yaml'), '');
    expect((await refusal('fn')).code).to.equal('FUNCTION_NOT_FOUND');
  });

  it('is never found where there is no file', async () => {
    const evaluator = await load('absent.yaml');
    const error = await refused(evaluate(evaluator, image));
    expect(error.code).to.equal('FUNCTION_NOT_FOUND');
  });

  it('does not start with a file that cannot be read', async () => {
    expect((await refused(load('functions'))).code).to.equal('CFG_FUNCTIONS');
  });

  it('is ended when the call is cancelled', async () => {
    await script('exec sleep 30');
    await writeFile(join(folder.path, 'config.yaml'), functions);
    const evaluator = await load('config.yaml');
    const controller = new AbortController();
    const running = refused(evaluate(evaluator, image, controller.signal));
    setTimeout(() => {
      controller.abort(new RunnerError('CANCELLED', 'the caller is gone'));
    }, 50);
    expect((await running).code).to.equal('CANCELLED');
  });

  async function script(body: string): Promise<void> {
    const path = join(folder.path, 'functions', 'fn');
    await writeFile(path, `#!/bin/sh\n${body}\n`);
    await chmod(path, 0o755);
    await writeFile(join(folder.path, 'config.yaml'), functions);
  }

  async function load(configFile: string): Promise<ExecutableEvaluator> {
    return ExecutableEvaluator.load({
      functionsDir: join(folder.path, 'functions'),
      configFile: join(folder.path, configFile),
      defaultImagePrefix: 'default.example.com/fns/',
      environment: { PATH: process.env['PATH'] ?? '', HOME: '/nowhere' },
      limits: { timeoutMs: 8_000, maxStdoutBytes: 65_536, maxStderrBytes: 65_536 },
      log: silentLog,
    });
  }

  async function run(name = image): Promise<Outcome> {
    return evaluate(await load('config.yaml'), name);
  }

  async function refusal(name = image): Promise<RunnerError> {
    return refused(run(name));
  }
});

async function evaluate(evaluator: ExecutableEvaluator, name: string, signal?: AbortSignal): Promise<Outcome> {
  return evaluator.evaluate({
    image: name,
    resourceList: Buffer.from(list),
    signal: signal ?? new AbortController().signal,
    log: silentLog,
  });
}
