import { scaleLinear } from 'd3-scale';
import { area, curveMonotoneX, line } from 'd3-shape';
import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { count, plural, shortDay } from './words.ts';

export interface TrendPoint {
  /** First day of the point, as a calendar date. */
  readonly start: string;
  readonly value: number;
}

export interface TrendChartProps {
  readonly title: string;
  /** What is counted: "visit". */
  readonly unit: string;
  /** "day" or "week". */
  readonly interval: string;
  readonly points: readonly TrendPoint[];
}

const width = 100;
const height = 40;

/**
 * A line of values over time. It is drawn on the server and fills whatever width it gets without being told: the
 * drawing is stretched, its strokes and the labels beside it are not. For whoever sees no drawing there is a sentence
 * and a table; for whoever points at it, the value under the pointer.
 */
export function TrendChart({ title, unit, interval, points }: TrendChartProps) {
  const [pointed, setPointed] = useState<number | null>(null);
  const most = Math.max(1, ...points.map(({ value }) => value));
  const x = scaleLinear()
    .domain([0, Math.max(1, points.length - 1)])
    .range([0, width]);
  const y = scaleLinear().domain([0, most]).nice(2).range([height, 1]);
  const [, top = most] = y.domain();
  const across = (_: TrendPoint, index: number) => x(index);
  const line_ = line<TrendPoint>(across, ({ value }) => y(value)).curve(curveMonotoneX);
  const area_ = area<TrendPoint>(across, height, ({ value }) => y(value)).curve(curveMonotoneX);
  const at = pointed === null ? undefined : points[pointed];

  const point = (event: PointerEvent) => {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    const index = Math.round(x.invert(((event.clientX - box.left) / box.width) * width));
    setPointed(Math.min(points.length - 1, Math.max(0, index)));
  };

  return html`
    <figure class="trend">
      <figcaption>
        <span>${title}</span>
        <span class="readout">
          ${at ? `${shortDay(at.start)}: ${plural(at.value, unit)}` : ''}
        </span>
      </figcaption>
      <div class="plot" onPointerMove=${point} onPointerLeave=${() => setPointed(null)}>
        <svg
          role="img"
          aria-label=${summary({ title, unit, interval, points })}
          viewBox="0 0 ${width} ${height}"
          preserveAspectRatio="none"
        >
          ${[1, (height + 1) / 2, height].map(
            (level) => html`<line class="grid" x1="0" x2=${width} y1=${level} y2=${level} />`,
          )}
          <path class="area" d=${area_([...points]) ?? ''} />
          <path class="line" d=${line_([...points]) ?? ''} />
          ${
            pointed === null
              ? null
              : html`<line class="pointed" x1=${x(pointed)} x2=${x(pointed)} y1="0" y2=${height} />`
          }
        </svg>
        <span class="top" aria-hidden="true">${count(top)}</span>
      </div>
      <div class="ends" aria-hidden="true">
        <span>${points[0] && shortDay(points[0].start)}</span>
        <span>${points.at(-1) && shortDay((points.at(-1) as TrendPoint).start)}</span>
      </div>
      <details class="table">
        <summary>${title} as a table</summary>
        <div class="scroll" tabindex="0" role="region" aria-label="${title} as a table">
          <table>
            <thead>
              <tr><th scope="col">${interval === 'week' ? 'Week from' : 'Day'}</th><th scope="col">${unit}s</th></tr>
            </thead>
            <tbody>
              ${points.map(
                ({ start, value }) =>
                  html`<tr key=${start}><th scope="row">${shortDay(start)}</th><td>${count(value)}</td></tr>`,
              )}
            </tbody>
          </table>
        </div>
      </details>
    </figure>
  `;
}

/** The chart in a sentence. */
export function summary({ title, unit, interval, points }: TrendChartProps): string {
  const [first] = points;
  const last = points.at(-1);
  if (first === undefined || last === undefined) return `${title}: nothing was measured.`;
  const total = points.reduce((sum, { value }) => sum + value, 0);
  const most = points.reduce((best, one) => (one.value > best.value ? one : best), first);
  const peak = total === 0 ? '' : `, most on ${shortDay(most.start)} with ${count(most.value)}`;
  return `${title} from ${shortDay(first.start)} to ${shortDay(last.start)}: ${plural(total, unit)} in all${peak}; ${count(last.value)} in the last ${interval}.`;
}
