import { Presets, SingleBar } from 'cli-progress';

/** How far a long piece of work has come; `total` may grow while it runs. */
export interface Progress {
  readonly step: string;
  readonly done: number;
  readonly total: number;
}

export interface ProgressDisplay {
  readonly show: (progress: Progress) => void;
  readonly end: () => void;
}

/** A bar on a terminal; elsewhere a plain line for every tenth of a step. */
export function progressDisplay(title: string): ProgressDisplay {
  return process.stderr.isTTY ? bar(title) : lines(title);
}

function bar(title: string): ProgressDisplay {
  const single = new SingleBar(
    {
      format: `${title} {bar} {percentage}% {step} {value}/{total}`,
      hideCursor: true,
      clearOnComplete: true,
    },
    Presets.shades_classic,
  );
  let started = false;
  return {
    show: ({ step, done, total }) => {
      if (started) {
        single.setTotal(total);
        single.update(done, { step });
      } else {
        single.start(total, done, { step });
        started = true;
      }
    },
    end: () => single.stop(),
  };
}

function lines(title: string): ProgressDisplay {
  let shown = '';
  return {
    show: ({ step, done, total }) => {
      const tenth = total === 0 ? 10 : Math.floor((done / total) * 10);
      const mark = `${step} ${tenth}`;
      if (mark === shown) return;
      shown = mark;
      process.stderr.write(`${title}: ${step} ${tenth * 10}% (${done} of ${total})\n`);
    },
    end: () => {},
  };
}
