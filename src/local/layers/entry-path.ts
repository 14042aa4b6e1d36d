import { invalidLayer, layerLimit } from './layer-error.ts';
import type { LayerLimits } from './layer-limits.ts';

/** NAME_MAX of every file system that matters. */
const maxNameBytes = 255;

/** The names on the way from the root to an entry; empty for the root itself. Holds no empty name, no `.`, no `..`. */
export type EntryPath = readonly string[];

/**
 * Reads the path of a layer's entry. A leading slash means the root of the image. `..` is refused, also where it would
 * stay inside: no builder writes it.
 *
 * @throws RunnerError `LAYER_INVALID`, `LAYER_LIMIT`
 */
export function parseEntryPath(text: string, limits: LayerLimits): EntryPath {
  checkText(text, limits);
  const names = text.split('/').filter((name) => name !== '' && name !== '.');
  if (names.includes('..')) throw invalidLayer(`the path ${quote(text)} holds ..`);
  if (names.length > limits.maxPathDepth) {
    throw layerLimit(`the path ${quote(text)} is deeper than ${String(limits.maxPathDepth)} folders`);
  }
  const long = names.find((name) => Buffer.byteLength(name) > maxNameBytes);
  if (long !== undefined) throw layerLimit(`the name ${quote(long)} is longer than ${String(maxNameBytes)} bytes`);
  return names;
}

/** Reads the target of a symbolic link: any path; where it leads is decided inside the root. */
export function parseLinkTarget(text: string, limits: LayerLimits): string {
  if (text === '') throw invalidLayer('a symbolic link has no target');
  checkText(text, limits);
  return text;
}

function checkText(text: string, limits: LayerLimits): void {
  if (text.includes('\0')) throw invalidLayer(`the path ${quote(text)} holds a NUL byte`);
  if (Buffer.byteLength(text) > limits.maxPathBytes) {
    throw layerLimit(`the path ${quote(text)} is longer than ${String(limits.maxPathBytes)} bytes`);
  }
}

/** A path fit for a message: no control characters, not too long. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text).replaceAll(/[\u007f-\u009f]/g, '?');
}
