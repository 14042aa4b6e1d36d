/** At most `maxBytes` of a log: its beginning and its end, with a line between that says how long it was. */
export function fitBytes(log: Uint8Array, maxBytes: number, totalBytes: number): Uint8Array {
  if (log.length <= maxBytes) return log;
  const note = Buffer.from(`\n[${String(totalBytes)} bytes in all, the middle is left out]\n`);
  const room = maxBytes - note.length;
  if (room <= 0) return note.subarray(0, Math.max(0, maxBytes));
  const head = Math.ceil(room / 2);
  return Buffer.concat([log.subarray(0, head), note, log.subarray(log.length - (room - head))]);
}
