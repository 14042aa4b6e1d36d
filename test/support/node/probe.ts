import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { RunnerClient } from '../../../src/rpc/client.ts';
import { jsonAt, jsonList } from '../json-at.ts';
import { runProgram } from '../program.ts';

/** Where a probe looks. */
export interface ProbeTarget {
  readonly address: string;
  /** pid 1 of the container, as this machine sees it. */
  readonly pid: number;
}

/** Resolves when the probe has succeeded once, in the kubelet's rhythm: whole seconds. No probe succeeds at once. */
export async function untilProbed(probe: unknown, target: ProbeTarget, signal: AbortSignal): Promise<void> {
  if (probe === undefined) return;
  await delay(secondsAt(probe, 'initialDelaySeconds', 0) * 1000, undefined, { signal });
  while (!(await succeeds(probe, target))) {
    await delay(secondsAt(probe, 'periodSeconds', 10) * 1000, undefined, { signal });
  }
}

async function succeeds(probe: unknown, { address, pid }: ProbeTarget): Promise<boolean> {
  const timeoutMs = secondsAt(probe, 'timeoutSeconds', 1) * 1000;
  const port = jsonAt(probe, 'grpc', 'port') ?? jsonAt(probe, 'tcpSocket', 'port');
  if (jsonAt(probe, 'grpc') !== undefined) return isServing(`${address}:${String(port)}`, timeoutMs);
  if (jsonAt(probe, 'tcpSocket') !== undefined) return isOpen(address, Number(port), timeoutMs);
  const command = jsonList(probe, 'exec', 'command').map(String);
  if (command.length === 0) return true;
  const all = ['--target', String(pid), '--mount', '--pid', '--net', '--ipc', '--uts', '--root', '--wd=/', '--'];
  return (await runProgram('nsenter', [...all, ...command], { timeoutMs })).exitCode === 0;
}

async function isServing(address: string, timeoutMs: number): Promise<boolean> {
  const client = new RunnerClient(address);
  try {
    return (await client.checkHealth('', { deadlineMs: timeoutMs })) === 'SERVING';
  } catch {
    return false;
  } finally {
    client.close();
  }
}

async function isOpen(host: string, port: number, timeoutMs: number): Promise<boolean> {
  const socket = connect({ host, port, timeout: timeoutMs });
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

function secondsAt(probe: unknown, name: string, otherwise: number): number {
  const value = jsonAt(probe, name);
  return typeof value === 'number' ? value : otherwise;
}
