/** Feeds the target named by the first argument and prints the report as JSON: `child.ts <name> <refusals> <seed>`. */
import { feed } from './feed.ts';
import { targets } from './targets.ts';

const [name, refusals, seed] = process.argv.slice(2);
const target = targets.find((candidate) => candidate.name === name);
if (target === undefined) throw new Error(`no target ${String(name)}`);
process.stdout.write(`${JSON.stringify(await feed(target, Number(refusals), Number(seed)))}\n`);
