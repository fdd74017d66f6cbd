import type { EntityTables } from '#subgraphs/crm/store/tables.ts';
import { leadStatuses, lifecycleStages, opportunityStages } from '#subgraphs/crm/store/words.ts';

export const importKinds = ['account', 'user', 'contact', 'lead', 'opportunity'] as const;

/** What the rows of a file are read as. */
export type ImportKind = (typeof importKinds)[number];

/** How a field's text is read; the field decides, the mapping gives what the reading needs. */
export type FieldType =
  | { readonly type: 'text' | 'domain' | 'email' | 'date' }
  | { readonly type: 'integer'; readonly min: number; readonly max: number }
  /** Amount and currency are two columns of the store: `<field>Minor` and `<field>Currency`. */
  | { readonly type: 'money' }
  | { readonly type: 'enum'; readonly values: readonly string[] }
  /** The id of another record stands in the store's column `<field>Id`. */
  | { readonly type: 'reference'; readonly to: ImportKind };

export interface KindDescription {
  readonly table: keyof EntityTables;
  readonly fields: Readonly<Record<string, FieldType>>;
  /** Fields that no row can be without. */
  readonly required: readonly string[];
}

/** What the stores' integers hold. */
export const maxInteger = 2_147_483_647;

/** The fields that a mapping may fill, by kind; the names are those of the graph. */
export const kinds: Record<ImportKind, KindDescription> = {
  account: {
    table: 'accounts',
    required: ['name'],
    fields: {
      name: { type: 'text' },
      domain: { type: 'domain' },
      industry: { type: 'text' },
      employees: { type: 'integer', min: 0, max: maxInteger },
      revenue: { type: 'money' },
      country: { type: 'text' },
      foundedYear: { type: 'integer', min: 1000, max: 9999 },
      lifecycleStage: { type: 'enum', values: lifecycleStages },
      parent: { type: 'reference', to: 'account' },
      owner: { type: 'reference', to: 'user' },
    },
  },
  user: {
    table: 'users',
    required: ['name'],
    fields: {
      name: { type: 'text' },
      email: { type: 'email' },
      team: { type: 'text' },
      manager: { type: 'reference', to: 'user' },
    },
  },
  contact: {
    table: 'contacts',
    required: ['name'],
    fields: {
      name: { type: 'text' },
      email: { type: 'email' },
      title: { type: 'text' },
      phone: { type: 'text' },
      country: { type: 'text' },
      account: { type: 'reference', to: 'account' },
    },
  },
  lead: {
    table: 'leads',
    required: ['status'],
    fields: {
      status: { type: 'enum', values: leadStatuses },
      source: { type: 'text' },
      contact: { type: 'reference', to: 'contact' },
      account: { type: 'reference', to: 'account' },
      owner: { type: 'reference', to: 'user' },
    },
  },
  opportunity: {
    table: 'opportunities',
    required: ['name', 'stage'],
    fields: {
      name: { type: 'text' },
      stage: { type: 'enum', values: opportunityStages },
      amount: { type: 'money' },
      product: { type: 'text' },
      openDate: { type: 'date' },
      closeDate: { type: 'date' },
      account: { type: 'reference', to: 'account' },
      owner: { type: 'reference', to: 'user' },
    },
  },
};

/** The store's columns that a field fills. */
export function columnsOf(field: string, { type }: FieldType): readonly string[] {
  if (type === 'money') return [`${field}Minor`, `${field}Currency`];
  if (type === 'reference') return [`${field}Id`];
  return [field];
}
