import { flagsHelp } from '../config/help-text.ts';
import { nearest } from '../config/nearest.ts';
import type { Command } from './command.ts';
import type { CommandIo, ExitCode } from './command-io.ts';
import { commandTable } from './command-table.ts';
import { failureText } from './failure-text.ts';
import { argumentFault, UsageError } from './usage-error.ts';

const program = 'function-runner';
const helpFlags = new Set(['--help', '-help', '-h']);
const versionFlags = new Set(['--version', '-version']);

/** Runs the command that the arguments name; without one, the service. */
export async function runCommandLine(argv: readonly string[], io: CommandIo): Promise<ExitCode> {
  const [first = ''] = argv;
  if (first === 'help') return help(argv.slice(1), io);
  if (versionFlags.has(first)) return runCommandLine(['version'], io);
  const named = first !== '' && !first.startsWith('-');
  try {
    const command = await load(named ? first : 'serve');
    const rest = named ? argv.slice(1) : argv;
    const beforeDashes = rest.includes('--') ? rest.slice(0, rest.indexOf('--')) : rest;
    if (beforeDashes.some((argument) => helpFlags.has(argument))) return help(named ? [first] : [], io);
    return await command.run(rest, io);
  } catch (thrown) {
    if (thrown instanceof UsageError) return usage(thrown, io);
    io.stderr.write(failureText(thrown, io));
    return 1;
  }
}

async function load(name: string): Promise<Command> {
  const entry = commandTable.find((candidate) => candidate.name === name);
  if (entry !== undefined) return entry.load();
  const suggestion = nearest(name, [...commandTable.map((candidate) => candidate.name), 'help']);
  const advice = suggestion === undefined ? `see ${program} --help` : `did you mean ${suggestion}?`;
  throw new UsageError([argumentFault(`${JSON.stringify(name)} is no command; ${advice}`)]);
}

function usage(error: UsageError, io: CommandIo): ExitCode {
  const [count, plural] = [error.faults.length, error.faults.length === 1 ? '' : 's'];
  const lines = error.faults.map((fault) => `  ${fault.message}\n`).join('');
  io.stderr.write(`${program}: ${String(count)} fault${plural} on the command line\n${lines}`);
  io.stderr.write(`${program} --help lists commands and flags.\n`);
  return 2;
}

async function help(names: readonly string[], io: CommandIo): Promise<ExitCode> {
  const [name] = names;
  try {
    const command = await load(name ?? 'serve');
    const width = Math.max(...commandTable.map((entry) => entry.name.length)) + 2;
    const commands = commandTable.map((entry) => `  ${entry.name.padEnd(width)}${entry.summary}\n`).join('');
    const list = name === undefined ? `\nCommands (${program} COMMAND --help tells more):\n${commands}` : '';
    const flags = flagsHelp(command.options);
    io.stdout.write(`Usage: ${program} ${command.usage}\n\n${command.description}\n${list}\n${flags}`);
    return 0;
  } catch (thrown) {
    if (thrown instanceof UsageError) return usage(thrown, io);
    throw thrown;
  }
}
