import { resolve } from 'node:path';
import { runProgram } from '../test/support/program.ts';

/** Compiles the sources and gives the path of the program that the image and the npm package run. */
export async function compiledProgram(): Promise<string> {
  const build = await runProgram('npm', ['run', 'build'], { timeoutMs: 120_000 });
  if (build.exitCode !== 0) throw new Error(`npm run build failed:\n${build.stdout}${build.stderr}`);
  return resolve('dist/main.js');
}
