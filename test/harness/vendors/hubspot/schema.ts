import { invalidRequest } from './errors.ts';

export type ObjectType = 'companies' | 'contacts' | 'deals' | 'leads';

/** How HubSpot names a kind of object: in paths, in messages and webhooks, and by id. */
export interface Kind {
  readonly singular: string;
  readonly typeId: string;
  readonly created: string;
  readonly modified: string;
  /** What an answer holds when a request names no properties. */
  readonly shown: readonly string[];
  /** The properties that name a pipeline and a stage of it. */
  readonly stages?: { readonly pipeline: string; readonly stage: string };
}

export const kinds: Readonly<Record<ObjectType, Kind>> = {
  companies: {
    singular: 'company',
    typeId: '0-2',
    created: 'createdate',
    modified: 'hs_lastmodifieddate',
    shown: ['createdate', 'domain', 'hs_lastmodifieddate', 'hs_object_id', 'name'],
  },
  contacts: {
    singular: 'contact',
    typeId: '0-1',
    created: 'createdate',
    modified: 'lastmodifieddate',
    shown: ['createdate', 'email', 'firstname', 'hs_object_id', 'lastmodifieddate', 'lastname'],
  },
  deals: {
    singular: 'deal',
    typeId: '0-3',
    created: 'createdate',
    modified: 'hs_lastmodifieddate',
    shown: [
      'amount',
      'closedate',
      'createdate',
      'dealname',
      'dealstage',
      'hs_lastmodifieddate',
      'hs_object_id',
      'pipeline',
    ],
    stages: { pipeline: 'pipeline', stage: 'dealstage' },
  },
  leads: {
    singular: 'lead',
    typeId: '0-136',
    created: 'hs_createdate',
    modified: 'hs_lastmodifieddate',
    shown: ['hs_createdate', 'hs_lastmodifieddate', 'hs_object_id'],
    stages: { pipeline: 'hs_pipeline', stage: 'hs_pipeline_stage' },
  },
};

export const objectTypes = Object.keys(kinds) as ObjectType[];

/** `companies`, `company` and `0-2` are one type in a path. @throws Refusal 400 for any other */
export function objectTypeOf(text: string): ObjectType {
  const type = objectTypes.find((each) => [each, kinds[each].singular, kinds[each].typeId].includes(text));
  if (type === undefined) throw invalidRequest(`Unable to infer object type from: ${text}`);
  return type;
}

export type PropertyType = 'string' | 'number' | 'date' | 'datetime' | 'enumeration' | 'bool';

/** A property of a portal's schema; what HubSpot further says of one is filled in when it is answered. */
export interface PropertyDefinition {
  readonly name: string;
  readonly label?: string;
  readonly type: PropertyType;
  /** Of an enumeration. Several values at once, divided by semicolons, where `fieldType` is `checkbox`. */
  readonly options?: readonly string[];
  readonly fieldType?: string;
  /** The options stand elsewhere: with the owners, or with the pipelines. */
  readonly externalOptions?: 'OWNER' | 'PIPELINE' | 'STAGE';
  readonly hasUniqueValue?: boolean;
  /** Kept by HubSpot: nobody may write it. */
  readonly readOnly?: boolean;
  readonly custom?: boolean;
}

const text = (...names: string[]): PropertyDefinition[] => names.map((name) => ({ name, type: 'string' }));
const numbers = (...names: string[]): PropertyDefinition[] => names.map((name) => ({ name, type: 'number' }));
const oneOf = (name: string, ...options: string[]): PropertyDefinition => ({
  name,
  type: 'enumeration',
  fieldType: 'select',
  options,
});
const elsewhere = (
  name: string,
  externalOptions: NonNullable<PropertyDefinition['externalOptions']>,
): PropertyDefinition => ({ name, type: 'enumeration', fieldType: 'select', options: [], externalOptions });
const kept = (name: string, type: PropertyType): PropertyDefinition => ({ name, type, readOnly: true });

const lifecycle = oneOf(
  'lifecyclestage',
  'subscriber',
  'lead',
  'marketingqualifiedlead',
  'salesqualifiedlead',
  'opportunity',
  'customer',
  'evangelist',
  'other',
);
const leadStatus = oneOf(
  'hs_lead_status',
  'NEW',
  'OPEN',
  'IN_PROGRESS',
  'OPEN_DEAL',
  'UNQUALIFIED',
  'ATTEMPTED_TO_CONTACT',
  'CONNECTED',
  'BAD_TIMING',
);
const owner = elsewhere('hubspot_owner_id', 'OWNER');

const ownOf: Readonly<Record<ObjectType, readonly PropertyDefinition[]>> = {
  companies: [
    ...text('name', 'domain', 'website', 'phone', 'city', 'state', 'country', 'description', 'founded_year'),
    ...numbers('annualrevenue', 'numberofemployees'),
    oneOf(
      'industry',
      'BANKING',
      'COMPUTER_SOFTWARE',
      'EDUCATION_MANAGEMENT',
      'HOSPITAL_HEALTH_CARE',
      'MARKETING_AND_ADVERTISING',
      'RETAIL',
      'TELECOMMUNICATIONS',
    ),
    oneOf('type', 'PROSPECT', 'PARTNER', 'RESELLER', 'VENDOR', 'OTHER'),
    lifecycle,
    leadStatus,
    owner,
  ],
  contacts: [
    { name: 'email', type: 'string', hasUniqueValue: true },
    ...text('firstname', 'lastname', 'jobtitle', 'phone', 'company', 'city', 'country'),
    ...numbers('associatedcompanyid'),
    lifecycle,
    leadStatus,
    owner,
  ],
  deals: [
    ...text('dealname', 'description', 'closed_lost_reason'),
    ...numbers('amount'),
    { name: 'closedate', type: 'datetime' },
    oneOf('dealtype', 'newbusiness', 'existingbusiness'),
    oneOf('deal_currency_code', 'EUR', 'GBP', 'USD'),
    elsewhere('pipeline', 'PIPELINE'),
    elsewhere('dealstage', 'STAGE'),
    kept('hs_deal_stage_probability', 'number'),
    kept('hs_is_closed', 'bool'),
    kept('hs_is_closed_won', 'bool'),
    owner,
  ],
  leads: [
    ...text('hs_lead_name'),
    oneOf('hs_lead_type', 'NEW_BUSINESS', 'RE_ENGAGEMENT', 'UPSELL'),
    oneOf('hs_lead_label', 'HOT', 'WARM', 'COLD'),
    elsewhere('hs_pipeline', 'PIPELINE'),
    elsewhere('hs_pipeline_stage', 'STAGE'),
    owner,
  ],
};

/** The properties of a portal that has just been opened, and `custom` ones; a custom one of the same name wins. */
export function propertiesOf(
  type: ObjectType,
  custom: readonly PropertyDefinition[] = [],
): ReadonlyMap<string, PropertyDefinition> {
  const { created, modified } = kinds[type];
  const all = [
    kept('hs_object_id', 'number'),
    kept(created, 'datetime'),
    kept(modified, 'datetime'),
    ...ownOf[type],
    ...custom.map((definition) => ({ ...definition, custom: true })),
  ];
  return new Map(all.map((definition) => [definition.name, definition]));
}

/** Somebody whom records can belong to. */
export interface Owner {
  readonly id: string;
  readonly email: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly archived: boolean;
  /** Those of the user behind it. */
  readonly teams?: readonly { readonly id: string; readonly name: string; readonly primary: boolean }[];
}
