import { readFileSync } from 'node:fs';
import { isJsonObject } from '../core/json.ts';
import type { Command } from './command.ts';

/** Prints the version of package.json. */
export const versionCommand: Command = {
  usage: 'version',
  description: 'Prints the version.',
  options: [],
  run: async (_argv, io) => {
    io.stdout.write(`${packageVersion()}\n`);
    return Promise.resolve(0);
  },
};

function packageVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  const manifest: unknown = JSON.parse(text);
  const version = isJsonObject(manifest) ? manifest['version'] : undefined;
  return typeof version === 'string' ? version : 'unknown';
}
