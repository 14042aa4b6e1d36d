import { readFileSync } from 'node:fs';

/**
 * Bytes of a page of memory, which /proc counts in: 4 KiB or, on some ARM and POWER machines, 16 or 64. Node does not
 * tell, but it knows its own size in bytes, and /proc knows it in pages.
 */
export function pageSize(): number {
  const pages = Number(readFileSync('/proc/self/statm', 'latin1').split(' ')[1]);
  return 2 ** Math.round(Math.log2(process.memoryUsage.rss() / pages));
}
