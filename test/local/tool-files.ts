import { delimiter } from 'node:path';

import { sharedLibraries } from '../../examples/quickstart/shared-libraries.ts';
import type { LayerEntry } from '../../examples/registry/layer.ts';
import { findProgram } from '../../src/local/sandbox/find-program.ts';

/** PATH of this process and the folders of system programs, which users do not always have in theirs. */
export const systemPath = `${process.env['PATH'] ?? ''}${delimiter}/usr/sbin${delimiter}/sbin`;

/** Programs of this machine as entries of a layer: in /bin, set-uid for a change, with the libraries they load. */
export async function toolFiles(programs: Readonly<Record<string, string>>): Promise<readonly LayerEntry[]> {
  const libraries = await Promise.all(Object.values(programs).map(async (source) => await sharedLibraries(source)));
  return [
    ...Object.entries(programs).map(([name, source]): LayerEntry => {
      return { kind: 'copy', path: `bin/${name}`, source, mode: 0o4755 };
    }),
    ...[...new Set(libraries.flat())].map((source): LayerEntry => {
      return { kind: 'copy', path: source.slice(1), source, mode: 0o755 };
    }),
  ];
}

/** Where programs of this machine are. */
export async function systemPrograms(...names: readonly string[]): Promise<Readonly<Record<string, string>>> {
  const found = await Promise.all(names.map(async (name) => [name, await findProgram(name, systemPath)] as const));
  return Object.fromEntries(found.map(([name, file]) => [name, file ?? `/missing/${name}`]));
}
