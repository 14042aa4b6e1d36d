import { ConfigError, readConfig } from './config.ts';
import type { ResourceList, Result } from './resource-list.ts';
import { setNamespace } from './set-namespace.ts';

/**
 * The function itself: changes the items of the list as its functionConfig says, and returns what to report.
 * It does what the functions catalog documents of its own set-namespace; kpt's upstream identifiers are not looked at.
 */
export function run(list: ResourceList): readonly Result[] {
  try {
    const config = readConfig(list.functionConfig);
    const { fields, annotations, previous } = setNamespace(list.items, config);
    const from = previous.length === 0 ? '' : ` (before: ${previous.join(', ')})`;
    const counts = `${counted(fields, 'field')} and ${counted(annotations, 'depends-on annotation')}`;
    return [{ severity: 'info', message: `namespace "${config.namespace}" set in ${counts}${from}` }];
  } catch (error) {
    if (error instanceof ConfigError) return [{ severity: 'error', message: error.message }];
    throw error;
  }
}

function counted(count: number, noun: string): string {
  return `${String(count)} ${noun}${count === 1 ? '' : 's'}`;
}
