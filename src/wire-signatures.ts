import type { Options } from './config/options.ts';
import { systemClock } from './core/clock.ts';
import { RunRegistries } from './image/run-registries.ts';
import type { Reference } from './image/reference.ts';
import type { RegistryClient } from './registry/client.ts';
import type { SignatureVerifier } from './signatures/signature-verifier.ts';
import type { Surroundings } from './wire-resolver.ts';

/**
 * What `--verify-images` asks for; nothing, and no code of it loaded, without that flag.
 *
 * @throws {RunnerError} `CFG_OPTION` when a key cannot be used.
 */
export async function wireSignatures(
  { verifyImages, resolveTimeoutMs, runRegistry }: Options,
  { log, counters, overrides: { clock = systemClock } }: Surroundings,
  client: RegistryClient,
): Promise<{ readonly verifier?: SignatureVerifier }> {
  if (verifyImages.length === 0) return {};
  const { parseVerifyOption } = await import('./signatures/verify-option.ts');
  const { KeyFiles } = await import('./signatures/key-files.ts');
  const { SignatureVerifier } = await import('./signatures/signature-verifier.ts');
  const parts = { log, counters, clock };
  const rules = verifyImages.map(parseVerifyOption);
  const keys = await KeyFiles.open(
    rules.flatMap(({ files }) => files),
    parts,
  );
  const keysOf = async (files: readonly string[]): ReturnType<typeof keys.current> => keys.current(files);
  const runs = RunRegistries.parse(runRegistry);
  const runAs = (reference: Reference): Reference => runs.toRun(reference);
  return { verifier: new SignatureVerifier({ ...parts, rules, runAs, keysOf, client, timeoutMs: resolveTimeoutMs }) };
}
