import { readFileSync } from 'node:fs';
import { argv, stdin, stdout } from 'node:process';
import { createInterface } from 'node:readline';

import { noCounters } from '../../../src/core/counters.ts';
import { RunnerError } from '../../../src/core/errors.ts';
import { silentLog } from '../../../src/core/log.ts';
import { LocalEvaluator } from '../../../src/evaluate/local.ts';
import { parsePlatform } from '../../../src/image/platform.ts';
import { parseReference } from '../../../src/image/reference.ts';
import { ImageStore } from '../../../src/local/store/image-store.ts';
import { Sandboxes } from '../../../src/local/sandbox/sandboxes.ts';
import type { Resolution } from '../../../src/resolver/resolution.ts';
import { MadeImage } from '../made-image.ts';
import { parseLine } from './parse-line.ts';
import type { ProbeRequest } from './probe-function.ts';

/** What the process is to be; the only argument, as JSON. */
export interface RunnerSetting {
  readonly store: string;
  /** Where sandbox programs are looked for. */
  readonly path: string;
  readonly tarFile: string;
  readonly user: string;
  readonly workingDir: string;
  readonly env: readonly string[];
  readonly entrypoint: readonly string[];
}

/** One line of its input. */
export interface RunnerRequest {
  readonly probe: ProbeRequest;
  readonly timeoutMs?: number;
  readonly cancelAfterMs?: number;
  readonly maxResidentBytes?: number;
}

/** One line of its output. */
export interface RunnerAnswer {
  readonly error?: { readonly code: string; readonly message: string };
  readonly exitCode?: number;
  readonly message?: string;
  readonly stderr?: string;
  readonly stderrBytes?: number;
  readonly sandbox?: string;
}

function isSetting(value: unknown): value is RunnerSetting {
  return typeof value === 'object' && value !== null && 'tarFile' in value;
}

function isRequest(value: unknown): value is RunnerRequest {
  return typeof value === 'object' && value !== null && 'probe' in value;
}

/** A process of the runner, as the user and with the programs that a test wants; it evaluates what it reads, line by line. */
const setting = parseLine(argv[2] ?? '', isSetting);
const image = MadeImage.ofTar(readFileSync(setting.tarFile));
const store = new ImageStore({ directory: setting.store, maxBytes: 1e9, log: silentLog, counters: noCounters });
const sandboxes = new Sandboxes({ path: setting.path, directory: setting.store, log: silentLog });

const resolution: Resolution = {
  ...image.content,
  reference: parseReference(image.content.image),
  digest: image.content.platformDigest,
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  platforms: ['linux/amd64'],
  platform: parsePlatform('linux/amd64'),
  entrypoint: setting.entrypoint,
  cmd: ['last argument'],
  env: setting.env,
  workingDir: setting.workingDir,
  user: setting.user,
  connection: 'system-ca',
  attempts: [],
  credential: 'anonymous',
  warnings: [],
};

async function evaluate(request: RunnerRequest): Promise<RunnerAnswer> {
  const { timeoutMs = 30_000, maxResidentBytes = 1e9, cancelAfterMs } = request;
  const evaluator = new LocalEvaluator({
    resolver: { resolve: async () => await Promise.resolve({ resolution }), session: async () => await image.open() },
    store,
    sandboxes,
    limits: { timeoutMs, maxStdoutBytes: 1e6, maxStderrBytes: 1e4, maxResidentBytes, maxProcesses: 100, tmpBytes: 2e7 },
    counters: noCounters,
  });
  const controller = new AbortController();
  if (cancelAfterMs !== undefined) setTimeout(() => controller.abort(), cancelAfterMs);
  const list = { apiVersion: 'config.kubernetes.io/v1', kind: 'ResourceList', items: [] };
  const resourceList = Buffer.from(JSON.stringify({ ...list, functionConfig: { data: request.probe } }));
  try {
    const { signal } = controller;
    const outcome = await evaluator.evaluate({ image: image.content.image, resourceList, signal, log: silentLog });
    return {
      exitCode: outcome.exitCode,
      message: outcome.results[0]?.message ?? '',
      stderr: Buffer.from(outcome.stderr).toString(),
      stderrBytes: outcome.stderrBytes,
      sandbox: (await sandboxes.current()).kind,
    };
  } catch (error) {
    const code = error instanceof RunnerError ? error.code : 'not ours';
    return { error: { code, message: String(error) } };
  }
}

createInterface({ input: stdin })
  .on('line', (line) => {
    evaluate(parseLine(line, isRequest)).then(
      (answer) => stdout.write(`${JSON.stringify(answer)}\n`),
      (error: unknown) => stdout.write(`${JSON.stringify({ error: { code: 'broken', message: String(error) } })}\n`),
    );
  })
  .on('close', () => {
    store.close().catch(() => undefined);
  });
