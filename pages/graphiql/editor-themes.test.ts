import { expect, test } from 'vitest';
import { palettes, themeOf } from './editor-themes.ts';

/** Contrast as WCAG 2.2 defines it, of two colours `#rrggbb`. */
function contrast(one: string, other: string): number {
  const [dark, light] = [luminance(one), luminance(other)].toSorted((a, b) => a - b) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

function luminance(color: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

test('contrast is measured as WCAG does', () => {
  expect(contrast('#000000', '#ffffff')).toBeCloseTo(21);
  expect(contrast('#767676', '#ffffff')).toBeCloseTo(4.54, 2);
});

test.each(Object.entries(palettes))('every text of the editors can be read in the %s', (_, palette) => {
  const { rules, colors } = themeOf(palette);
  const texts = [
    ...rules.map(({ token, foreground }) => [token, foreground as string]),
    ...Object.entries(colors).filter(([name]) => /foreground\d?$/i.test(name)),
  ];
  expect(texts.length).toBeGreaterThan(30);
  const pale = texts.flatMap(([name, color]) =>
    palette.grounds
      .filter((ground) => contrast(color as string, ground) < 4.5)
      .map((ground) => `${name}: ${color} on ${ground}`),
  );
  expect(pale).toEqual([]);
});
