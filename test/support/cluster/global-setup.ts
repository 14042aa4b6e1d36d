import { cosignProgram } from '../cosign/cosign-program.ts';
import { unmet } from '../requirement-table.ts';
import { clusterPrograms } from './cluster-programs.ts';

/** Builds what the test clusters are made of, and cosign, before any test runs: a hook of a test has less time than that. */
export async function mochaGlobalSetup(): Promise<void> {
  if (unmet(['cluster']).length === 0) await clusterPrograms();
  if (unmet(['cosign']).length === 0) await cosignProgram();
}
