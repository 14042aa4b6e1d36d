import { join } from 'node:path';
import { startDaemon } from '../../support/daemon.ts';
import { type TempFolder, tempFolder } from '../../support/temp-folder.ts';
import { runGo } from '../../wrapper/go-build.ts';

let folder: TempFolder | undefined;
let built: Promise<string> | undefined;

/** Builds a server that answers as Porch's own in-pod server does (wrapper/testdata/porch), once for all tests. */
export async function buildPorchServer(): Promise<string> {
  built ??= (async () => {
    folder = await tempFolder('porch');
    const path = join(folder.path, 'wrapper-server');
    const run = await runGo('env', ['CGO_ENABLED=0', 'go', 'build', '-o', path, './testdata/porch']);
    if (run.exitCode !== 0) throw new Error(run.stderr);
    return path;
  })();
  return await built;
}

export interface PorchServer {
  readonly address: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** Starts it on a free port. */
export async function startPorchServer(entrypoint: readonly string[], ...flags: string[]): Promise<PorchServer> {
  const daemon = startDaemon(await buildPorchServer(), ['--port=0', ...flags, '--', ...entrypoint]);
  const line = await daemon.line(/"address"/);
  const port = /:(\d+)"/.exec(line)?.[1] ?? '';
  return {
    address: `127.0.0.1:${port}`,
    pid: daemon.pid,
    stop: async () => {
      await daemon.stop('SIGKILL');
    },
  };
}

after(async () => {
  await folder?.remove();
});
