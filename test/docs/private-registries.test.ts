import { access } from 'node:fs/promises';
import { expect } from 'chai';
import { commandTable } from '../../src/commands/command-table.ts';
import { serviceOptions } from '../../src/config/service-options.ts';
import { type DocTask, flagsOf, readTasks } from './doc-tasks.ts';

/** What users of other systems do, and the task of ours that is for it. */
const taskOf: Readonly<Record<string, string>> = {
  "OpenFaaS's pull secret of a service account": 'Link a pull secret to the service account, once, for all functions',
  "OpenFaaS's pull secret of one function": 'Give one function a pull secret',
  "OpenFaaS's several registries": 'Use several registries with several secrets',
  "OpenFaaS's registries by name": 'Name Docker Hub, Harbor, Artifactory, Quay or a registry of your own',
  "OpenFaaS's imagePullPolicy": 'Choose when nodes pull',
  "OpenFaaS's and nuclio's ambient credentials": "Use the cloud's own credentials",
  "Porch's example": 'Keep the flags, mounts and secrets',
  "FaaS on Swarm's registryAuth": 'Send a login with the call',
  "FaaS on Swarm's ~/.docker/config.json": 'Use the login that is there already',
  "FaaS on Swarm's own registry": 'Run a registry with TLS and a password',
  "nuclio's insecure registry": 'Use an insecure registry inside the cluster',
  "nuclio's run registry": 'Reach a registry under one name and let nodes pull by another',
  "nuclio's ECR": 'Let ECR create repositories',
  "riff's default service account": 'Add a secret to the default service account',
  "riff's JSON key": "Use a JSON key of Google's registries",
  "riff's build secret": 'Keep the push login away',
};

const tasks = await readTasks('docs/private-registries.md');

describe('docs/private-registries.md', () => {
  for (const [what, title] of Object.entries(taskOf))
    it(`has ${what} as a task`, () => {
      expect([...tasks.keys()]).to.include(title);
    });

  for (const task of tasks.values())
    describe(task.title, () => {
      it('names the tests that keep it true', async () => {
        const [, line = ''] = /^Kept true by (.+?)\.$/ms.exec(task.text) ?? [];
        const files = Array.from(line.matchAll(/`(test\/[^`]+)`/g), ([, file = '']) => file);
        expect(files).to.not.deep.equal([]);
        for (const file of files) await access(file);
      });

      it('gives flags that there are', async () => {
        const known = new Set<string>(serviceOptions.map(({ name }) => name));
        const given = flagsOf(task, []).map((flag) => flag.replace(/^--|=.*$/g, ''));
        expect(given.filter((name) => !known.has(name))).to.deep.equal([]);
        for (const [command, flags] of calls(task)) {
          const entry = commandTable.find(({ name }) => name === command);
          const options = (await entry?.load())?.options ?? [];
          const names = new Set(options.map(({ name }) => name));
          expect(
            flags.filter((name) => !names.has(name)),
            `function-runner ${command}`,
          ).to.deep.equal([]);
        }
      });
    });
});

/** The commands of ours in the shell blocks, with the names of their flags. */
function calls({ blocks }: DocTask): readonly (readonly [string, readonly string[]])[] {
  const shell = blocks.filter(({ language }) => language === 'sh').map(({ text }) => text.replaceAll('\\\n', ' '));
  return shell.flatMap((text) =>
    Array.from(
      text.matchAll(/\bfunction-runner ([a-z-]+)(.*)$/gm),
      ([, command = '', rest = '']) =>
        [command, Array.from(rest.matchAll(/(?<=\s)--([a-z-]+)/g), ([, name = '']) => name)] as const,
    ),
  );
}
