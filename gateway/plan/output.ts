/**
 * The JSON text of one response while it is written, as UTF-8. `length` bytes are in use: setting it back takes
 * back what was written since.
 *
 * Bytes, because a string that grows by thousands of pieces has to be flattened, measured and encoded once more
 * before it is sent.
 */
export interface Output {
  bytes: Buffer;
  length: number;
}

const FIRST_BYTES = 65_536;
/** Most bytes that are kept for the next response. */
const MAX_KEPT_BYTES = 1_048_576;
/** Longer strings are tested and copied as a whole, which pays from about here on. */
const MAX_COPIED_BY_CHARACTER = 64;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const FIRST_PRINTABLE = 0x20;
const LAST_ASCII = 0x7f;

/** Printable ASCII that JSON does not escape. */
const PLAIN = /^[ !#-[\]-\u007f]*$/;

let spare: Buffer | undefined;

/** An empty output. Its bytes are those of an earlier one, if that was finished. */
export function startOutput(): Output {
  const bytes = spare ?? Buffer.allocUnsafeSlow(FIRST_BYTES);
  spare = undefined;
  return { bytes, length: 0 };
}

/** A copy of what was written, behind `opening`; the output is not to be used any more. */
export function finishOutput({ bytes, length }: Output, opening: string): Buffer {
  const start = Buffer.byteLength(opening);
  const whole = Buffer.allocUnsafe(start + length);
  whole.write(opening);
  bytes.copy(whole, start, 0, length);
  if (bytes.length <= MAX_KEPT_BYTES) spare = bytes;
  return whole;
}

/** Writes bytes as they are. */
export function writeBytes(output: Output, piece: Uint8Array): void {
  reserve(output, piece.length);
  output.bytes.set(piece, output.length);
  output.length += piece.length;
}

/** Writes one byte. */
export function writeByte(output: Output, byte: number): void {
  reserve(output, 1);
  output.bytes[output.length++] = byte;
}

/** Writes JSON text as it is. */
export function writeRaw(output: Output, text: string): void {
  // No UTF-16 unit takes more than three bytes.
  reserve(output, text.length * 3);
  output.length += output.bytes.write(text, output.length);
}

/** Writes a string in quotes, escaped where it must be. */
export function writeString(output: Output, text: string): void {
  const { length } = text;
  if (length > MAX_COPIED_BY_CHARACTER) {
    writeLongString(output, text);
    return;
  }
  reserve(output, length + 2);
  const { bytes } = output;
  let end = output.length;
  bytes[end++] = QUOTE;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code < FIRST_PRINTABLE || code > LAST_ASCII || code === QUOTE || code === BACKSLASH) {
      writeRaw(output, JSON.stringify(text));
      return;
    }
    bytes[end++] = code;
  }
  bytes[end++] = QUOTE;
  output.length = end;
}

function writeLongString(output: Output, text: string): void {
  if (!PLAIN.test(text)) {
    writeRaw(output, JSON.stringify(text));
    return;
  }
  reserve(output, text.length + 2);
  const { bytes } = output;
  bytes[output.length++] = QUOTE;
  output.length += bytes.write(text, output.length, 'latin1');
  bytes[output.length++] = QUOTE;
}

/** Writes a finite number. */
export function writeNumber(output: Output, value: number): void {
  const text = `${value}`;
  const { length } = text;
  reserve(output, length);
  const { bytes } = output;
  const start = output.length;
  for (let i = 0; i < length; i++) bytes[start + i] = text.charCodeAt(i);
  output.length = start + length;
}

function reserve(output: Output, more: number): void {
  const { bytes, length } = output;
  if (length + more <= bytes.length) return;
  const larger = Buffer.allocUnsafeSlow(Math.max(bytes.length * 2, length + more));
  bytes.copy(larger, 0, 0, length);
  output.bytes = larger;
}
