/** Where a house keeps its rows and its events, and what removes that again. */
export interface Place {
  readonly env: NodeJS.ProcessEnv;
  readonly remove: () => Promise<void>;
}

/** The places that the event path is tried in: one process with files, and the servers of many processes. */
export const places: readonly {
  readonly name: string;
  readonly missing: boolean;
  readonly open: () => Promise<Place>;
}[] = [
  {
    name: 'in files and the embedded bus',
    missing: false,
    open: async () => ({ env: {}, remove: async () => {} }),
  },
];
