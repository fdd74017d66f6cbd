import { describe, expect, it } from 'vitest';
import { finishOutput, startOutput, writeByte, writeBytes, writeRaw, writeString } from './output.ts';

function textOf(write: (output: ReturnType<typeof startOutput>) => void, opening = ''): string {
  const output = startOutput();
  write(output);
  return finishOutput(output, opening).toString();
}

describe('the output of a response', () => {
  it.each([
    ['nothing', ''],
    ['plain text', 'Ada'],
    ['a quote', 'a "b"'],
    ['a backslash', 'a\\b'],
    ['control characters', '\n\u0000\u001f'],
    ['the last of ASCII', '~\u007f'],
    ['two bytes', 'Zoë'],
    ['three bytes', '日本'],
    ['a pair of surrogates', '🎉'],
    ['lone surrogates', '\ud800 \udc00'],
  ])('has a string of %s as JSON.stringify has it, short or long', (_, text) => {
    for (const string of [text, `${'x'.repeat(64)}${text}`, `${text}${'y'.repeat(1_000)}`]) {
      expect(textOf((output) => writeString(output, string))).toBe(JSON.stringify(string));
    }
  });

  it('grows beyond what it had, by any kind of piece', () => {
    const long = 'ä'.repeat(100_000);
    const text = textOf((output) => {
      writeRaw(output, long);
      writeString(output, long);
      writeString(output, 'z'.repeat(300_000));
      for (let i = 0; i < 2_000_000; i++) writeByte(output, 0x20);
      writeBytes(output, Buffer.from('end'));
    }, 'é');
    expect(text).toBe(`é${long}"${long}""${'z'.repeat(300_000)}"${' '.repeat(2_000_000)}end`);
  });

  it('is not overwritten by the next', () => {
    const first = startOutput();
    const second = startOutput();
    writeString(first, 'first');
    writeString(second, 'second');
    const finished = finishOutput(first, '');
    const third = startOutput();
    writeString(third, 'third');
    expect([finished, finishOutput(second, ''), finishOutput(third, '')].map(String)).toEqual([
      '"first"',
      '"second"',
      '"third"',
    ]);
  });
});
