import { unmet } from './requirement-table.ts';
import type { RequirementName } from './requirement-table.ts';
import { addSkippedGroup } from './skipped-groups.ts';

/**
 * Says what a group of tests needs from the machine. Call it at the top of a `describe` callback: where something is
 * missing the group is skipped with the reason, or, with `CI=true`, fails with it.
 */
export function requires(...names: readonly RequirementName[]): void {
  before(`needs ${names.join(', ')}`, function () {
    const missing = unmet(names);
    if (missing.length === 0) return;
    const reason = missing.map((item) => item.reason).join(', ');
    if (process.env['CI'] === 'true') {
      throw new Error(`${reason}; to fix it: ${missing.map((item) => item.fix).join('; ')}`);
    }
    addSkippedGroup({ title: this.test?.parent?.fullTitle() ?? '', reason });
    this.skip();
  });
}
