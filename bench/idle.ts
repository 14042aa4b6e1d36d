/**
 * What an idle service costs: time from the start of the process until health says SERVING, and resident memory five
 * seconds later. Prints the medians; goals are 500 ms and 100 MB. With `--pods` for the pod runtime, against an API server
 * of its own.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { startCluster } from '../test/support/cluster/cluster.ts';
import { compiledProgram } from './compiled.ts';
import { startCompiled } from './running-service.ts';
import { median, milliseconds } from './statistics.ts';

const rounds = 5;
const withPods = process.argv.includes('--pods');
const program = await compiledProgram();
const cluster = withPods ? await emptyCluster() : undefined;
const flags = cluster === undefined ? ['--runtime=local'] : [`--kubeconfig=${cluster.kubeconfig}`];
const servingMs: number[] = [];
const residentMb: number[] = [];
try {
  for (let round = 0; round < rounds; round += 1) {
    const service = await startCompiled(program, flags, { WRAPPER_SERVER_IMAGE: 'example.com/wrapper-server:v1' });
    servingMs.push(service.servingAfterMs);
    await delay(5000);
    residentMb.push(residentBytes(service.pid) / 1e6);
    await service.stop();
  }
} finally {
  await cluster?.stop();
}
console.log(`idle service, ${withPods ? 'pod' : 'local'} runtime, medians of ${String(rounds)} starts`);
console.log(`  time to SERVING   ${milliseconds(median(servingMs))} (goal 500 ms)`);
console.log(`  resident memory   ${median(residentMb).toFixed(1)} MB (goal 100 MB)`);

function residentBytes(pid: number): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8')) ?? [];
  return Number(kilobytes) * 1024;
}

async function emptyCluster(): Promise<{ readonly kubeconfig: string; stop(): Promise<void> }> {
  const started = await startCluster();
  await started.createNamespace('porch-fn-system');
  return { kubeconfig: started.adminKubeconfig, stop: async () => started.stop() };
}
