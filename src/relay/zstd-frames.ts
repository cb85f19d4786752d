/**
 * Divides zstd data into its frames (RFC 8878, section 3.1). workerd's decoder drops what follows a frame in the same
 * write (1.20261102.1), so each frame must be a write of its own. Nothing is decoded or verified here.
 */

const MAGIC = 0xfd2fb528;
/** The first of sixteen magic numbers of frames that hold no data. */
const SKIPPABLE = 0x184d2a50;
const RLE = 1;
/** Encoders that work in parallel write a frame per megabyte or so; each costs a call of the decoder. */
const MOST_FRAMES = 1_000;

/** The frames that hold data, in order. From the first bytes on that are no frame the rest is one piece, for the decoder to refuse. */
export function zstdFrames(bytes: Uint8Array): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const frames: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = frames.length < MOST_FRAMES ? frameEnd(view, at) : bytes.length;
    if (!isSkippable(view, at)) frames.push(bytes.subarray(at, end));
    at = end;
  }
  return frames;
}

function isSkippable(view: DataView, at: number): boolean {
  return at + 8 <= view.byteLength && (view.getUint32(at, true) & 0xfffffff0) === SKIPPABLE;
}

/** The index after the frame at `start`; the end of all the bytes if the frame is broken or cut short. */
function frameEnd(view: DataView, start: number): number {
  const length = view.byteLength;
  if (isSkippable(view, start)) return Math.min(length, start + 8 + view.getUint32(start + 4, true));
  if (start + 5 > length || view.getUint32(start, true) !== MAGIC) return length;
  const descriptor = view.getUint8(start + 4);
  const singleSegment = (descriptor >> 5) & 1;
  const windowBytes = singleSegment ? 0 : 1;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const sizeBytes = [singleSegment, 2, 4, 8][descriptor >> 6] ?? 0;
  const checksumBytes = (descriptor >> 2) & 1 ? 4 : 0;
  let at = start + 5 + windowBytes + dictionaryBytes + sizeBytes;
  for (let last = false; !last; ) {
    if (at + 3 > length) return length;
    const block = view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
    last = (block & 1) === 1;
    at += 3 + (((block >> 1) & 3) === RLE ? 1 : block >> 3);
  }
  return Math.min(length, at + checksumBytes);
}
