import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { functionRunner } from '../support/command-line.ts';
import { type Executables, writeExecutables } from '../support/executables.ts';
import type { ProgramResult } from '../support/program.ts';
import { startService, type TestService } from '../support/service.ts';
import { tempFolder, type TempFolder } from '../support/temp-folder.ts';

const head = 'apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: []\n';

const scripts: Readonly<Record<string, string>> = {
  identity: 'cat',
  shout: 'cat | tee /dev/stderr',
  failing: `cat >/dev/null; echo "it broke" >&2; printf '${head}results:\\n- message: bad value\\n  severity: error\\n'; exit 7`,
  complaining: `cat | sed '$a results:\\n- message: too many replicas\\n  severity: error\\n  resourceRef: {apiVersion: apps/v1, kind: Deployment, name: web, namespace: prod}\\n  field: {path: spec.replicas}\\n  file: {path: web.yaml}'`,
  babbling: 'cat >/dev/null; echo hello world',
};

const files: Readonly<Record<string, string>> = {
  'package/Kptfile': 'apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata:\n  name: package\n',
  'package/.hidden/x.yaml': 'not: read',
  'package/README.md': '# not read',
  'package/values.yaml': 'replicas: 3\n',
  'package/b.yml': 'apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  ports:\n    - port: 80\n',
  'package/a/config.yaml':
    '# Settings of the web server.\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: web # its name\ndata:\n  mode: 0644\n  on: yes\n  empty:\n  text: "5"\n' +
    '---\napiVersion: v1\nkind: Secret\nmetadata:\n  name: web\n  annotations:\n    own: kept\nstringData:\n  list:\n  - a\n',
  'list.yaml': `${head}functionConfig: {apiVersion: v1, kind: ConfigMap, data: {a: "1"}}\n`,
  'config.yaml': 'apiVersion: fn.example/v1\nkind: SetSize\nmetadata: {name: c}\nspec: {size: 3}\n',
  'broken.yaml': 'a: [1\n',
  'scalar.yaml': 'just text\n',
  'no-kind.yaml': 'name: x\n',
};

const packageText = [
  '# Settings of the web server.\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: web # its name\ndata:\n  mode: 0644\n  on: yes\n  empty:\n  text: "5"\n',
  'apiVersion: v1\nkind: Secret\nmetadata:\n  name: web\n  annotations:\n    own: kept\nstringData:\n  list:\n  - a\n',
  'apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  ports:\n    - port: 80\n',
].join('---\n');

describe('evaluate', function () {
  this.timeout(20_000);
  let executables: Executables;
  let folder: TempFolder;

  before(async () => {
    executables = await writeExecutables(scripts);
    folder = await tempFolder('evaluate');
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder.path, name)), { recursive: true });
      await writeFile(join(folder.path, name), text);
    }
  });

  after(async () => {
    await executables.remove();
    await folder.remove();
  });

  const evaluate = async (name: string, args: readonly string[], input = ''): Promise<ProgramResult> =>
    functionRunner(['evaluate', executables.image(name), ...executables.flags, ...args], { cwd: folder.path, input });

  /** The ResourceList that the function was given. */
  const given = async (args: readonly string[], input = ''): Promise<unknown> => {
    const { stderr } = await evaluate('shout', args, input);
    return parse(stderr.slice(stderr.indexOf('apiVersion: config.kubernetes.io/v1')));
  };

  it('prints a folder as it was, comments and the spelling of every value included', async () => {
    const { exitCode, stdout } = await evaluate('identity', ['-f', 'package']);
    expect(stdout).to.equal(packageText);
    expect(exitCode).to.equal(0);
  });

  it('leaves out what is no resource, and says so', async () => {
    const { stderr } = await evaluate('identity', ['-f', 'package']);
    expect(stderr).to.equal('warning: left out: no apiVersion and kind file=package/values.yaml\n');
  });

  it('tells the function where each resource is from, by both names', async () => {
    const list = await given(['-f', 'package', '-f', 'config.yaml']);
    const annotations = (path: string, index: string): object => ({
      'internal.config.kubernetes.io/path': path,
      'config.kubernetes.io/path': path,
      'internal.config.kubernetes.io/index': index,
      'config.kubernetes.io/index': index,
    });
    expect(list)
      .to.have.nested.property('items[0].metadata.annotations')
      .that.deep.equals(annotations('a/config.yaml', '0'));
    expect(list)
      .to.have.nested.property('items[1].metadata.annotations')
      .that.deep.equals({ own: 'kept', ...annotations('a/config.yaml', '1') });
    expect(list).to.have.nested.property('items[2].metadata.annotations').that.deep.equals(annotations('b.yml', '0'));
    expect(list)
      .to.have.nested.property('items[3].metadata.annotations')
      .that.deep.equals(annotations('config.yaml', '0'));
    expect(list).not.to.have.nested.property('items[4]');
  });

  it('makes a ConfigMap of key=value arguments, texts all of them', async () => {
    const list = await given([
      '-f',
      'package/b.yml',
      '--',
      'namespace=prod',
      'replicas=3',
      'on=true',
      'url=http://x/?a=b',
      'none=',
    ]);
    expect(list)
      .to.have.property('functionConfig')
      .that.deep.equals({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'function-input' },
        data: { namespace: 'prod', replicas: '3', on: 'true', url: 'http://x/?a=b', none: '' },
      });
  });

  it('takes the functionConfig from a file', async () => {
    const list = await given(['-f', 'package/b.yml', '--fn-config=config.yaml']);
    expect(list).to.have.nested.include({ 'functionConfig.kind': 'SetSize', 'functionConfig.spec.size': 3 });
  });

  it('reads resources from standard input', async () => {
    const { stdout } = await evaluate('identity', ['-f', '-'], files['package/b.yml']);
    expect(stdout).to.equal(files['package/b.yml']);
  });

  it('reads standard input without being told when that is no terminal', async () => {
    const { stdout } = await evaluate('identity', [], files['package/b.yml']);
    expect(stdout).to.equal(files['package/b.yml']);
  });

  it('gives a ResourceList for a ResourceList', async () => {
    const { stdout } = await evaluate('identity', ['-f', 'list.yaml']);
    expect(stdout).to.match(/^apiVersion: config.kubernetes.io\/v1\nkind: ResourceList\n/);
  });

  it('keeps the functionConfig of a ResourceList unless another one is given', async () => {
    expect(await given(['-f', 'list.yaml'])).to.have.nested.property('functionConfig.data.a', '1');
    expect(await given(['-f', 'list.yaml', 'a=2'])).to.have.nested.property('functionConfig.data.a', '2');
  });

  it('puts the log of the function on stderr', async () => {
    const { stdout, stderr } = await evaluate('shout', ['-f', 'package/b.yml']);
    expect(stdout).to.equal(files['package/b.yml']);
    expect(stderr).to.include('kind: ResourceList');
  });

  it('ends with 1 for a result of severity error, and still prints the resources', async () => {
    const { exitCode, stdout, stderr } = await evaluate('complaining', ['-f', 'package/b.yml']);
    expect(exitCode).to.equal(1);
    expect(stdout).to.equal(files['package/b.yml']);
    expect(stderr).to.equal('[error] Deployment prod/web spec.replicas (web.yaml): too many replicas\n');
  });

  it('ends with 1 for a function that failed, with its log and results and no resources', async () => {
    const { exitCode, stdout, stderr } = await evaluate('failing', ['-f', 'package/b.yml']);
    expect({ exitCode, stdout }).to.deep.equal({ exitCode: 1, stdout: '' });
    expect(stderr).to.equal('it broke\n[error] bad value\nerror: the function failed with exit code 7\n');
  });

  it('ends with 1 for an output that is no ResourceList, and shows its beginning', async () => {
    const { exitCode, stdout, stderr } = await evaluate('babbling', ['-f', 'package/b.yml']);
    expect({ exitCode, stdout }).to.deep.equal({ exitCode: 1, stdout: '' });
    expect(stderr).to.match(
      /^error: failed to parse the output of function .*hello world.*\(FUNCTION_OUTPUT, INTERNAL\)/,
    );
  });

  it('ends with 1 for an image that no runtime has', async () => {
    const { exitCode, stderr } = await functionRunner(['evaluate', 'example.com/none:v1', ...executables.flags]);
    expect(exitCode).to.equal(1);
    expect(stderr).to.include('FUNCTION_NOT_FOUND, NOT_FOUND');
  });

  const unreadable: readonly { readonly name: string; readonly message: RegExp }[] = [
    { name: 'no-such-file.yaml', message: /cannot read no-such-file.yaml: ENOENT/ },
    { name: 'broken.yaml', message: /broken.yaml: .*line 2/s },
    { name: 'scalar.yaml', message: /scalar.yaml: not a mapping/ },
    { name: 'no-kind.yaml', message: /no-kind.yaml: no apiVersion and kind/ },
  ];
  for (const { name, message } of unreadable) {
    it(`ends with 1 and names ${name}, which cannot be used`, async () => {
      const { exitCode, stdout, stderr } = await evaluate('identity', ['-f', 'package/b.yml', '-f', name]);
      expect({ exitCode, stdout }).to.deep.equal({ exitCode: 1, stdout: '' });
      expect(stderr).to.match(message).and.include('REQUEST_INVALID');
    });
  }

  it('refuses a ResourceList next to other resources', async () => {
    const { exitCode, stderr } = await evaluate('identity', ['-f', 'package/b.yml', '-f', 'list.yaml']);
    expect(exitCode).to.equal(1);
    expect(stderr).to.include('a ResourceList has to be the only input');
  });

  describe('with --address', () => {
    let service: TestService;

    before(async () => {
      service = await startService({ flags: executables.flags });
    });

    after(async () => service.stop());

    const evaluateThere = async (name: string): Promise<ProgramResult> =>
      functionRunner(['evaluate', executables.image(name), '-f', 'package/b.yml', '--address', service.address], {
        cwd: folder.path,
      });

    it('prints what the service answers', async () => {
      const { exitCode, stdout } = await evaluateThere('identity');
      expect({ exitCode, stdout }).to.deep.equal({ exitCode: 0, stdout: files['package/b.yml'] });
    });

    it('shows log and results of a function that failed there', async () => {
      const { exitCode, stderr } = await evaluateThere('failing');
      expect(exitCode).to.equal(1);
      expect(stderr).to.equal('it broke\n[error] bad value\nerror: the function failed with exit code 7\n');
    });

    it("shows the service's own error", async () => {
      const { exitCode, stderr } = await evaluateThere('none');
      expect(exitCode).to.equal(1);
      expect(stderr).to.match(
        /^error: .*unable to evaluate example.com\/none:v1: .*\(FUNCTION_NOT_FOUND, NOT_FOUND\)\n {2}hint: /,
      );
    });

    it('says so when nothing answers there', async () => {
      const { exitCode, stderr } = await functionRunner(['evaluate', 'fn', '--address', '127.0.0.1:1']);
      expect(exitCode).to.equal(1);
      expect(stderr).to.match(/^error: 127\.0\.0\.1:1: .*\(UNAVAILABLE\)/);
    });
  });
});
