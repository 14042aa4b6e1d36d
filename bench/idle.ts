/**
 * What an idle service costs: time from the start of the process until health says SERVING, and resident memory five
 * seconds later. Prints the medians; goals are 500 ms and 100 MB.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { compiledProgram } from './compiled.ts';
import { startCompiled } from './running-service.ts';
import { median, milliseconds } from './statistics.ts';

const rounds = 5;
const program = await compiledProgram();
const servingMs: number[] = [];
const residentMb: number[] = [];
for (let round = 0; round < rounds; round += 1) {
  const service = await startCompiled(program, ['--runtime=local']);
  servingMs.push(service.servingAfterMs);
  await delay(5000);
  residentMb.push(residentBytes(service.pid) / 1e6);
  await service.stop();
}
console.log(`idle service, medians of ${String(rounds)} starts`);
console.log(`  time to SERVING   ${milliseconds(median(servingMs))} (goal 500 ms)`);
console.log(`  resident memory   ${median(residentMb).toFixed(1)} MB (goal 100 MB)`);

function residentBytes(pid: number): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8')) ?? [];
  return Number(kilobytes) * 1024;
}
