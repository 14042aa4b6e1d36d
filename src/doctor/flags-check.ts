import type { Check } from './check.ts';
import type { Patient } from './patient.ts';
import { ok, problem, warning } from './remark.ts';

/** Flags that cannot be used, and those that do nothing. */
export function flagsCheck({ given, faults, warnings, runtime }: Patient): Check {
  const remarks = [
    ...faults.map((fault) => problem('', fault, 'Correct the flag; the checks below take its default.')),
    ...warnings.map((text) => warning('', text, 'Leave the flag out, or add the one that it goes with.')),
  ];
  const count = given.size === 1 ? '1 flag' : `${String(given.size)} flags`;
  const fine = ok('', `${count} given; images run with the ${runtime} runtime`);
  return {
    name: 'flags',
    timeoutMs: 1000,
    run: async () => Promise.resolve(faults.length > 0 ? remarks : [fine, ...remarks]),
  };
}
