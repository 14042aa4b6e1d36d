/** A group of tests that did not run, and what the machine lacks for it. */
export interface SkippedGroup {
  readonly title: string;
  readonly reason: string;
}

const groups: SkippedGroup[] = [];

/** Written by `requires`, read by the reporter at the end of the run. */
export const skippedGroups: readonly SkippedGroup[] = groups;

export function addSkippedGroup(group: SkippedGroup): void {
  groups.push(group);
}
