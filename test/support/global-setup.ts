import './coverage-folder.ts';
import { requirementNames, unmet } from './requirement-table.ts';

/** With `CI=true` nothing may be skipped: says at once, before any test, everything that the machine lacks. */
export function mochaGlobalSetup(): void {
  if (process.env['CI'] !== 'true') return;
  const missing = unmet(requirementNames);
  if (missing.length === 0) return;
  const list = missing.map((item) => `  ${item.name}: ${item.reason}; to fix it: ${item.fix}`);
  const error = new Error(`With CI=true every test has to run, and this machine lacks:\n${list.join('\n')}`);
  error.stack = error.message;
  throw error;
}
