import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { jsonList } from '../support/json-at.ts';
import { type ProgramResult, runProgram } from '../support/program.ts';

/** A part of a document under a heading of the third level. */
export interface DocTask {
  readonly title: string;
  readonly text: string;
  readonly blocks: readonly DocBlock[];
}

interface DocBlock {
  readonly language: string;
  readonly text: string;
}

/** What the placeholders of a document stand for, longest names first. */
export type Substitutes = readonly (readonly [placeholder: string, value: string])[];

export interface TaskPlace {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly substitutes: Substitutes;
}

export async function readTasks(path: string): Promise<ReadonlyMap<string, DocTask>> {
  const sections = (await readFile(path, 'utf8')).split(/^(?=##)/m);
  const tasks = sections.flatMap((section) => {
    const [, title] = /^### (.+)\n/.exec(section) ?? [];
    return title === undefined ? [] : [{ title, text: section, blocks: blocksOf(section) }];
  });
  return new Map(tasks.map((task) => [task.title, task]));
}

/** Runs the shell blocks of a task as they stand, each in a shell of its own. */
export async function runShellBlocks(task: DocTask, place: TaskPlace): Promise<readonly ProgramResult[]> {
  const results: ProgramResult[] = [];
  for (const { language, text } of task.blocks) {
    if (language !== 'sh') continue;
    const script = substituted(text, place.substitutes);
    results.push(
      await runProgram('bash', ['--norc', '-euo', 'pipefail', '-c', script], { cwd: place.cwd, env: place.env }),
    );
  }
  return results;
}

/** The flags in the `args` of all YAML blocks of a task. */
export function flagsOf(task: DocTask, substitutes: Substitutes): readonly string[] {
  return task.blocks
    .filter(({ language, text }) => language === 'yaml' && text.startsWith('args:'))
    .flatMap(({ text }) => jsonList(parse(substituted(text, substitutes)), 'args').map(String));
}

/** The one block of a task that begins with `start`, for a file. */
export function fileIn(task: DocTask, start: string, substitutes: Substitutes): string {
  const [block, ...others] = task.blocks.filter(({ text }) => text.startsWith(start));
  if (block === undefined || others.length > 0)
    throw new Error(`not one block of "${task.title}" begins with ${start}`);
  return substituted(block.text, substitutes);
}

function substituted(text: string, substitutes: Substitutes): string {
  let result = text;
  for (const [placeholder, value] of substitutes) result = result.replaceAll(placeholder, value);
  return result;
}

function blocksOf(section: string): readonly DocBlock[] {
  const found = section.matchAll(/^```(\w+)\n(.*?)^```$/gms);
  return Array.from(found, ([, language = '', text = '']) => ({ language, text }));
}
