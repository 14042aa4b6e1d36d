import { spawn } from 'node:child_process';
import { once } from 'node:events';

/**
 * Runs a script that builds a program where it is not built yet, and gives the folder that it prints. The script says on
 * stderr what it does, and has a limit of time of its own.
 */
export async function builtFolder(script: string): Promise<string> {
  const child = spawn('sh', [script], { stdio: ['ignore', 'pipe', 'inherit'] });
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk));
  const code: unknown = (await once(child, 'close'))[0];
  if (code !== 0) throw new Error(`${script} could not build its program: exit code ${String(code)}`);
  return stdout.trim();
}
