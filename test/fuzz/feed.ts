import { malformed } from './mutate.ts';
import { mutateJson } from './mutate-json.ts';
import { Random } from './random.ts';
import { judge, type Target } from './target.ts';

/** What came of feeding one target. */
export interface Report {
  readonly name: string;
  readonly inputs: number;
  readonly refused: number;
  /** Outcome → how many. */
  readonly outcomes: Readonly<Record<string, number>>;
  readonly faults: readonly string[];
  /** CPU time of the slowest single input. */
  readonly slowestMs: number;
  /** That input, base64, cut. */
  readonly slowestInput: string;
}

const maxFaults = 5;
/** Past it an input is measured again: the garbage collector and the compiler work on the same thread. */
const suspiciousMs = 20;

/** Feeds a target until it has refused `refusals` inputs, or has seen ten times as many. */
export async function feed(target: Target, refusals: number, seed: number): Promise<Report> {
  const random = new Random(seed);
  const outcomes: Record<string, number> = {};
  const faults: string[] = [];
  let [inputs, refused, slowestMs, slowestInput] = [0, 0, 0, ''];
  while (refused < refusals && inputs < refusals * 10) {
    const input = nextInput(target, random);
    const { verdict, cpuMs } = await measure(target, input);
    inputs += 1;
    if ('fault' in verdict) {
      if (faults.length < maxFaults) faults.push(`${verdict.fault} for ${shown(input)}`);
    } else {
      outcomes[verdict.outcome] = (outcomes[verdict.outcome] ?? 0) + 1;
      if (verdict.outcome !== 'accepted') refused += 1;
    }
    if (cpuMs > slowestMs) [slowestMs, slowestInput] = [cpuMs, shown(input)];
  }
  return { name: target.name, inputs, refused, outcomes, faults, slowestMs, slowestInput };
}

function nextInput(target: Target, random: Random): Buffer {
  if (target.isJson === undefined || random.chance(2)) return malformed(target, random);
  const json = mutateJson(random.pick(target.corpus).toString(), random);
  return Buffer.from(json).subarray(0, target.maxBytes);
}

async function measure(
  target: Target,
  input: Buffer,
): Promise<{ verdict: Awaited<ReturnType<typeof judge>>; cpuMs: number }> {
  let least = Infinity;
  for (let tries = 0; tries < 4; tries += 1) {
    const before = process.threadCpuUsage();
    const verdict = await judge(target, input);
    const { user, system } = process.threadCpuUsage(before);
    least = Math.min(least, (user + system) / 1000);
    if (least < suspiciousMs || tries === 3) return { verdict, cpuMs: least };
  }
  throw new Error('not reached');
}

function shown(input: Buffer): string {
  return input.subarray(0, 300).toString('base64');
}
