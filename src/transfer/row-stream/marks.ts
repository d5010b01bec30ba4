/** Looks for marks of batches where heads can no longer be followed: tells an incomplete file from a damaged one. */
import type { FileHandle } from 'node:fs/promises';
import { FRAME_HEAD_BYTES, headLength } from './format.ts';

/** How the head begins that marks the end of a batch. */
const BEGINNING = Buffer.from('{"part":"batch","number":');
const LARGEST = BEGINNING.length + 20;
const WINDOW = 64 * 1024;

/**
 * Whether a complete mark is anywhere behind the place. No text of a row looks like one: in JSON there is no byte of a
 * frame's magic number that is a control character.
 */
export async function hasMark(handle: FileHandle, from: number): Promise<boolean> {
  // Windows overlap, so that a mark is complete in one of them.
  const window = Buffer.allocUnsafe(WINDOW + FRAME_HEAD_BYTES + LARGEST);
  for (let at = from; ; at += WINDOW) {
    const { bytesRead } = await handle.read(window, 0, window.length, at);
    const bytes = window.subarray(0, bytesRead);
    for (let place = bytes.indexOf(BEGINNING); place >= 0; place = bytes.indexOf(BEGINNING, place + 1))
      if (isMark(bytes, place)) return true;
    if (bytesRead < window.length) return false;
  }
}

function isMark(bytes: Buffer, place: number): boolean {
  if (place < FRAME_HEAD_BYTES) return false;
  const length = headLength(bytes.subarray(place - FRAME_HEAD_BYTES, place), LARGEST);
  return length !== undefined && bytes.toString('latin1', place, place + length).endsWith('}');
}
