import { formatPlatform } from '../image/platform.ts';
import type { Resolved } from '../resolver/resolution.ts';
import type { CommandIo } from './command-io.ts';
import { attemptText } from './failure-text.ts';
import { paintFor } from './style-text.ts';

/** What an image name means, and where nodes pull it. */
export interface ShownResolution extends Resolved {
  /** `repository@digest` for nodes; undefined where that is where it was looked up. */
  readonly runsAs: string | undefined;
}

/** The object of `resolve --output json`. */
export function resolutionJson(shown: ShownResolution): Readonly<Record<string, unknown>> {
  const { resolution, runsAs, cached, elapsedMs, signedBy } = shown;
  return {
    image: resolution.image,
    reference: resolution.reference.canonical,
    digest: resolution.digest,
    ...(runsAs !== undefined && { runsAs }),
    platformDigest: resolution.platformDigest,
    mediaType: resolution.mediaType,
    platforms: resolution.platforms,
    entrypoint: resolution.entrypoint,
    cmd: resolution.cmd,
    env: resolution.env,
    workingDir: resolution.workingDir,
    user: resolution.user,
    connection: resolution.connection,
    attempts: resolution.attempts,
    credential: resolution.credential,
    ...(signedBy !== undefined && { signedBy }),
    cached,
    elapsedMs: Math.round(elapsedMs * 10) / 10,
  };
}

/** The same for a person, one line per value. */
export function resolutionText(
  { resolution, runsAs, cached, elapsedMs, signedBy }: ShownResolution,
  io: CommandIo,
): string {
  const paint = paintFor(io.stdout, io.environment);
  const rows: readonly (readonly [string, readonly string[]])[] = [
    ['image', [resolution.image]],
    ['reference', [resolution.reference.canonical]],
    ['digest', [resolution.digest]],
    ['runs as', runsAs === undefined ? [] : [runsAs]],
    ['platform digest', [`${resolution.platformDigest} (${formatPlatform(resolution.platform)})`]],
    ['media type', [resolution.mediaType]],
    ['platforms', [resolution.platforms.join(', ')]],
    ['entrypoint', [argumentsText(resolution.entrypoint)]],
    ['cmd', [argumentsText(resolution.cmd)]],
    ['env', resolution.env],
    ['working dir', [resolution.workingDir]],
    ['user', [resolution.user === '' ? '(none)' : resolution.user]],
    ['connection', [resolution.connection]],
    ['attempts', resolution.attempts.map(attemptText)],
    ['credential', [resolution.credential]],
    ['signed by', signedBy === undefined ? [] : [signedBy]],
    ['cached', [cached ? 'yes' : 'no']],
    ['elapsed', [`${elapsedMs.toFixed(1)} ms`]],
    ['warnings', resolution.warnings],
  ];
  return rows
    .filter(([, values]) => values.length > 0)
    .map(([name, values]) => `${paint('bold', name.padEnd(16))}${values.join(`\n${' '.repeat(16)}`)}\n`)
    .join('');
}

function argumentsText(parts: readonly string[]): string {
  return parts.length === 0 ? '(none)' : JSON.stringify(parts);
}
