import { sharedFolder } from '../harness/shared.ts';

/** The folder of a data set that others made, and whether it is missing. */
export const sharedDataset = (name: string) => sharedFolder('datasets', name);
