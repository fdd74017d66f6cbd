import { html } from 'htm/preact';
import { ago, exactTime } from './words.ts';

/** A time as people say it, with the exact one for whoever asks: on hover, and for a screen reader. */
export function Ago({ time, now }: { readonly time: string; readonly now: string }) {
  return html`<time datetime=${time} title=${exactTime(time)}>${ago(time, now)}</time>`;
}
