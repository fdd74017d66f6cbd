import type { Row } from './index.ts';

const barHeight = 22;
const rowGap = 8;
const groupGap = 34;
const left = 150;
const width = 760;

/** Bars of CPU time a request, one group an operation, each scaled to its longest; a standalone SVG. */
export function chart(rows: readonly Row[]): string {
  const groups = [...Map.groupBy(rows, (row) => row.operation)];
  let y = 16;
  const parts: string[] = [];
  for (const [operation, group] of groups) {
    const longest = Math.max(...group.map((row) => row.cpuMicrosPerRequest));
    y += 18;
    parts.push(`<text x="0" y="${y}" class="title">${operation}: CPU time a request</text>`);
    y += 10;
    for (const row of group) {
      const length = ((width - left - 130) * row.cpuMicrosPerRequest) / longest;
      const middle = y + barHeight / 2 + 4;
      parts.push(
        `<text x="${left - 8}" y="${middle}" text-anchor="end">${row.contender}</text>`,
        `<rect x="${left}" y="${y}" width="${length.toFixed(1)}" height="${barHeight}" rx="3" class="${row.contender}"/>`,
        `<text x="${(left + length + 8).toFixed(1)}" y="${middle}">${shown(row.cpuMicrosPerRequest)}</text>`,
      );
      y += barHeight + rowGap;
    }
    y += groupGap - rowGap - 18;
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${y}" viewBox="0 0 ${width} ${y}" role="img" aria-label="CPU time a request">
<style>
  text { font: 14px system-ui, sans-serif; fill: #57606a; }
  .title { font-weight: 600; }
  rect { fill: #8c959f; }
  rect.tributary, rect.unshared { fill: #1f883d; }
  rect.unshared { opacity: 0.6; }
</style>
${parts.join('\n')}
</svg>
`;
}

function shown(micros: number): string {
  return micros < 1_000 ? `${micros.toFixed(0)} µs` : `${(micros / 1_000).toFixed(2)} ms`;
}
