export {
  type ImportHooks,
  type ImportOptions,
  type ImportProgress,
  type ImportReport,
  importFile,
} from './import-file.ts';
export { type ImportKind, importKinds } from './kinds.ts';
export type { Notice } from './notices.ts';
export type { Refusal } from './refusals.ts';
