import type { Suite } from 'mocha';
import { unmet } from './requirement-table.ts';
import type { RequirementName } from './requirement-table.ts';
import { addSkippedGroup } from './skipped-groups.ts';

/**
 * Says what a group of tests needs from the machine. Call it at the top of a `describe` callback, before its hooks: where
 * something is missing the group is skipped, hooks and all, with the reason; with `CI=true` it fails with it.
 */
export function requires(...names: readonly RequirementName[]): void {
  const missing = unmet(names);
  if (missing.length === 0) return;
  const reason = missing.map((item) => item.reason).join(', ');
  if (process.env['CI'] === 'true') {
    before(`needs ${names.join(', ')}`, () => {
      throw new Error(`${reason}; to fix it: ${missing.map((item) => item.fix).join('; ')}`);
    });
    return;
  }
  const suite = suiteBeingDescribed(reason);
  // Mocha takes no hooks from a suite that is pending, so none runs against what was never set up.
  suite.pending = true;
  addSkippedGroup({ title: suite.fullTitle(), reason });
}

/** Mocha gives it to `describe` callbacks only, as `this`; an empty one inside learns of its parent. */
function suiteBeingDescribed(title: string): Suite {
  let parent: Suite | undefined;
  describe(title, function () {
    parent = this.parent;
  });
  if (parent === undefined || parent.root) throw new Error('requires(…) belongs at the top of a describe callback');
  return parent;
}
