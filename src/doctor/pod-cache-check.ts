import { parseDuration } from '../config/duration.ts';
import { readFirst } from '../core/mounted-file-read.ts';
import { parsePodCacheConfig } from '../pods/warm-up/pod-cache-config.ts';
import type { Check } from './check.ts';
import type { Patient } from './patient.ts';
import { ok, skipped, warning } from './remark.ts';

/** The file of images whose pods are started ahead. */
export function podCacheCheck({ options }: Patient): Check {
  const { podCacheConfig: file, defaultImagePrefix } = options;
  return {
    name: 'pod cache',
    subject: file,
    timeoutMs: 5000,
    run: async () => {
      if (file === '') return [skipped('', 'no pods are started ahead: no --pod-cache-config')];
      const read = await readFirst([file], 'pod cache');
      if (read === undefined) return [warning(file, 'there is no such file', 'Mount it there, or leave the flag out.')];
      const rules = { defaultImagePrefix, parseDuration };
      const { size } = parsePodCacheConfig(Buffer.from(read.bytes).toString('utf8'), file, rules);
      return [ok(file, size === 1 ? 'read; 1 image' : `read; ${String(size)} images`)];
    },
  };
}
