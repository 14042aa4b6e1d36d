import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';

/** Makes a folder for `kubectl apply -k` of a folder of manifests with components on top; whoever asks for it removes it. */
export async function overlayOf(base: string, components: readonly string[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'overlay-'));
  const path = (name: string): string => relative(folder, resolve('manifests', name));
  const lines = [
    'resources:',
    `  - ${path(base)}`,
    'components:',
    ...components.map((name) => `  - ${path(`components/${name}`)}`),
  ];
  await writeFile(join(folder, 'kustomization.yaml'), `${lines.join('\n')}\n`);
  return folder;
}
