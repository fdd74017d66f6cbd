import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** What every contender does beside serving: says where it listens, and what it has used when it is asked. */
export interface Usage {
  /** User and system time of the whole process, in microseconds. */
  readonly cpuMicros: number;
  /** Resident set, in bytes. */
  readonly rss: number;
}

/** What a contender holds when its garbage has been collected, in bytes. */
export interface Held {
  readonly heapUsed: number;
  readonly external: number;
  readonly rss: number;
}

/** The subgraphs' URLs, as the parent gives them. */
export const subgraphUrls: Readonly<Record<string, string>> = JSON.parse(process.env.SUBGRAPH_URLS ?? '{}');

export function report(url: string): void {
  answerQuestions();
  process.send?.({ url });
}

/** Answers what the parent asks, until the parent ends. */
export function answerQuestions(): void {
  process.on('message', (message) => {
    // Orders of one measurement alone are for its own processes.
    if (typeof message !== 'string') return;
    if (message === 'collect') {
      process.send?.(held());
      return;
    }
    const { user, system } = process.cpuUsage();
    const usage: Usage = { cpuMicros: user + system, rss: process.memoryUsage.rss() };
    process.send?.(usage);
  });
  // Ends with the parent, however that ends.
  process.on('disconnect', () => process.exit(0));
}

function held(): Held {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  // Twice: what is finalised by the first run is freed by the second.
  collect();
  collect();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heapUsed, external, rss };
}
