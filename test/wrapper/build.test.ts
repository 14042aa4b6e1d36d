import { expect } from 'chai';
import { open, readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { requires } from '../support/requires.ts';
import { type TempFolder, tempFolder } from '../support/temp-folder.ts';
import { buildTimeoutMs, runGo, wrapperFolder } from './go-build.ts';

/** e_machine of the ELF header. */
const architectures = [
  { name: 'amd64', machine: 62 },
  { name: 'arm64', machine: 183 },
];

/** Program header types of files that need a loader. https://refspecs.linuxfoundation.org/elf/gabi4+/ch5.pheader.html */
const loaderTypes = [2, 3];

async function readStart(path: string): Promise<Buffer> {
  await using file = await open(path);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(4096), 0, 4096, 0);
  return buffer.subarray(0, bytesRead);
}

function programHeaderTypes(elf: Buffer): readonly number[] {
  const [start, size, count] = [Number(elf.readBigUInt64LE(32)), elf.readUInt16LE(54), elf.readUInt16LE(56)];
  return Array.from({ length: count }, (_, index) => elf.readUInt32LE(start + index * size));
}

/** Every file below a folder with its text. */
async function textsIn(path: string): Promise<ReadonlyMap<string, string>> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const texts = new Map<string, string>();
  for (const file of files.toSorted()) texts.set(relative(path, file), await readFile(file, 'utf8'));
  return texts;
}

describe('the Go module of the in-pod server', function () {
  requires('go');
  this.timeout(buildTimeoutMs);
  let folder: TempFolder;

  before(async () => {
    folder = await tempFolder('build');
  });

  after(async () => {
    await folder.remove();
  });

  for (const { name, machine } of architectures) {
    it(`builds one static file for ${name}, smaller than 15 MB`, async () => {
      const path = join(folder.path, name);
      const run = await runGo('sh', ['build.sh', path, name]);
      expect(run.exitCode, run.stderr).to.equal(0);
      const elf = await readStart(path);
      expect(elf.readUInt16LE(18)).to.equal(machine);
      expect(programHeaderTypes(elf)).to.not.include.members(loaderTypes);
      await using file = await open(path);
      expect((await file.stat()).size).to.be.below(15_000_000);
    });
  }

  it('has the code that its generator makes of proto/', async () => {
    const made = join(folder.path, 'pb');
    const run = await runGo('go', ['-C', 'generate', 'run', '.', made]);
    expect(run.exitCode, run.stderr).to.equal(0);
    expect(await textsIn(made)).to.deep.equal(await textsIn(join(wrapperFolder, 'internal', 'pb')));
  });

  it('passes its own tests', async () => {
    const run = await runGo('go', ['test', './...']);
    expect(run.exitCode, `${run.stdout}${run.stderr}`).to.equal(0);
  });

  for (const [title, command, args] of [
    ['is what go vet wants', 'go', ['vet', './...']],
    ['is formatted by gofmt', 'gofmt', ['-l', '.']],
  ] as const) {
    it(title, async () => {
      const run = await runGo(command, args);
      expect(run.exitCode, run.stderr).to.equal(0);
      expect(run.stdout).to.equal('');
    });
  }
});
