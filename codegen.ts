import { readdirSync, readFileSync } from 'node:fs';
import type { CodegenConfig } from '@graphql-codegen/cli';

/** An entity of another subgraph that this one only adds fields to: its key is all that is held of it. */
const entity = '{ readonly id: string }';

/**
 * Typed resolvers for every subgraph. A type of the graph is resolved from the row that its mapper names;
 * what the row does not hold under the same name needs a resolver, and the compiler says which.
 */
const subgraphs: Record<string, Record<string, string>> = {
  crm: {
    Account: '../store/tables.ts#Account as AccountRow',
    Contact: '../store/tables.ts#Contact as ContactRow',
    Lead: '../store/tables.ts#Lead as LeadRow',
    Opportunity: '../store/tables.ts#Opportunity as OpportunityRow',
    User: '../store/tables.ts#User as UserRow',
    PipelineRow: '../store/pipeline.ts#PipelineGroupRow',
  },
  email: {
    Account: entity,
    Contact: entity,
    AccountEmailEngagement: '../store/engagement.ts#AccountEngagement',
    Campaign: '../store/tables.ts#Campaign as CampaignRow',
    CampaignStats: '../store/tables.ts#Campaign as CampaignRow',
    EmailEngagement: '../store/tables.ts#Recipient',
    Enrollment: '../store/tables.ts#Enrollment as EnrollmentRow',
    Suppression: '../store/tables.ts#Suppression as SuppressionRow',
  },
  analytics: {
    Account: entity,
    Lead: entity,
    ActiveAccount: '../adapters/warehouse.ts#ActiveAccount as ActiveAccountRow',
    Attribution: '../measures/attribution.ts#Attribution as AccountAttribution',
    AttributionCredit: '../measures/attribution.ts#Credit',
    Conversion: '../adapters/warehouse.ts#Conversion as ConversionFact',
    Touch: '../adapters/warehouse.ts#Touch as TouchFact',
  },
  consent: {
    Contact: entity,
    Consent: '../store/present.ts#PresentConsent',
    ConsentRecord: '../store/tables.ts#ConsentRecord as ConsentRecordRow',
    Purpose: '../store/purposes.ts#KnownPurpose',
  },
};

const scalars = { ID: 'string', DateTime: 'string', Date: 'string', Decimal: 'string' };

const operationTypes = {
  enumType: 'string-literal',
  immutableTypes: true,
  useTypeImports: true,
  emitLegacyCommonJSImports: false,
  scalars,
  /* The supergraph's own scalars, which no operation reads. */
  defaultScalarType: 'unknown',
  skipTypename: true,
  maybeValue: 'T | null',
} as const;

/** Typed answers of the clients' operations, for the pages that ask them. */
const operations: CodegenConfig['generates'] = {
  'pages/__generated__/operations.ts': {
    schema: ['supergraph.graphql'],
    documents: ['contracts/operations/*.graphql', ...storedSubscriptions().map((file) => `!${file}`)],
    plugins: ['typescript-operations'],
    config: operationTypes,
  },
};

/** Every stored subscription as a document that knows its types, for the live client. */
const subscriptions: CodegenConfig['generates'] = {
  'client/__generated__/operations.ts': {
    schema: ['supergraph.graphql'],
    documents: storedSubscriptions(),
    plugins: ['typescript-operations', 'typed-document-node'],
    config: { ...operationTypes, documentMode: 'string' },
  },
};

function storedSubscriptions(): string[] {
  const folder = 'contracts/operations';
  return readdirSync(folder)
    .map((name) => `${folder}/${name}`)
    .filter((file) => file.endsWith('.graphql') && /^subscription /m.test(readFileSync(file, 'utf8')));
}

const resolvers: CodegenConfig['generates'] = Object.fromEntries(
  Object.entries(subgraphs).map(([name, mappers]) => [
    `subgraphs/${name}/__generated__/resolvers.ts`,
    {
      schema: [`subgraphs/${name}/schema.graphql`],
      plugins: ['typescript', 'typescript-resolvers'],
      config: {
        federation: true,
        contextType: '../loaders.ts#Context',
        mappers,
        enumsAsTypes: true,
        immutableTypes: true,
        useTypeImports: true,
        importExtension: '.ts',
        emitLegacyCommonJSImports: false,
        scalars: { _FieldSet: 'string', ...scalars },
        strictScalars: true,
        resolversNonOptionalTypename: false,
        maybeValue: 'T | null',
        inputMaybeValue: 'T | null | undefined',
        avoidOptionals: { field: true, resolvers: false },
      },
    },
  ]),
);

const config: CodegenConfig = { generates: { ...resolvers, ...operations, ...subscriptions } };

export default config;
