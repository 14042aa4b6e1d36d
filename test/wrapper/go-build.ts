import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { type ProgramResult, runProgram } from '../support/program.ts';
import { type TempFolder, tempFolder } from '../support/temp-folder.ts';

/** The Go module of the in-pod server. */
export const wrapperFolder = fileURLToPath(new URL('../../wrapper', import.meta.url));

/** The first build of a machine compiles all of gRPC. */
export const buildTimeoutMs = 300_000;

/** Runs a command in the module, with what the machine says about Go. */
export async function runGo(command: string, args: readonly string[]): Promise<ProgramResult> {
  const env: Record<string, string> = { GOFLAGS: '-buildvcs=false' };
  for (const [name, value] of Object.entries(process.env)) {
    if (/^(?:GO[A-Z]+|[A-Z]+_PROXY|SSL_CERT_FILE)$/i.test(name) && value !== undefined) env[name] = value;
  }
  return await runProgram(command, args, { cwd: wrapperFolder, env, timeoutMs: buildTimeoutMs });
}

export interface Built {
  readonly server: string;
  /** A static function that returns its input. */
  readonly echo: string;
}

let folder: TempFolder | undefined;
let built: Promise<Built> | undefined;

/** Builds the server and a function for it, once for all tests. */
export async function build(): Promise<Built> {
  built ??= buildNow();
  return await built;
}

async function buildNow(): Promise<Built> {
  folder = await tempFolder('wrapper');
  const server = join(folder.path, 'wrapper-server');
  const echo = join(folder.path, 'echo');
  await succeed('sh', ['build.sh', server]);
  await succeed('env', ['CGO_ENABLED=0', 'go', 'build', '-o', echo, './testdata/echo']);
  return { server, echo };
}

async function succeed(command: string, args: readonly string[]): Promise<void> {
  const run = await runGo(command, args);
  if (run.exitCode !== 0) throw new Error(`${command} ${args.join(' ')}: ${run.stderr}`);
}

after(async () => {
  await folder?.remove();
});
