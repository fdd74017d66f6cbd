import type { CampaignValues } from '#subgraphs/email/store/tables.ts';
import { weighted } from './random.ts';
import { dateAgo, daysAgo, idOf, streamOf, type World } from './world.ts';

/** A campaign before anything is known of what came of it. */
export interface SeededCampaign {
  readonly id: string;
  readonly name: string;
  readonly channel: CampaignValues['channel'];
  readonly status: CampaignValues['status'];
  /** Null where it has not begun. */
  readonly startedAgo: number | null;
  readonly startedAt: string | null;
  readonly createdAt: string;
}

const themes = [
  'Newsletter',
  'Product news',
  'Webinar',
  'Customer stories',
  'Buying guide',
  'Trial',
  'Renewal',
];

const channelOf = weighted<CampaignValues['channel']>([
  ['EMAIL', 80],
  ['IN_APP', 9],
  ['SMS', 6],
  ['PUSH', 5],
]);

/** Days between the starts of two campaigns, how many have started, and how long one runs. */
const every = 30;
const started = 32;
const runsFor = 45;

/** One campaign a month for most of the world's time, and two that are still to come. */
export function campaignsOf(world: World): readonly SeededCampaign[] {
  const coming = [
    { status: 'DRAFT', name: 'Anniversary offer' },
    { status: 'SCHEDULED', name: 'Spring webinar' },
  ] as const;
  return [
    ...Array.from({ length: started }, (_, place) => startedCampaign(world, place)),
    ...coming.map(({ status, name }, place) => ({
      id: idOf(world, 'cam', started + place + 1),
      name,
      channel: 'EMAIL' as const,
      status,
      startedAgo: null,
      startedAt: null,
      createdAt: daysAgo(world, 6 + place),
    })),
  ];
}

/** The first is the oldest, so that a campaign's id stays its own. */
function startedCampaign(world: World, place: number): SeededCampaign {
  const random = streamOf(world, 'campaign', place);
  const startedAgo = (started - place - 1) * every + 4 + random.unit() * 10;
  const running = startedAgo < runsFor;
  return {
    id: idOf(world, 'cam', place + 1),
    name: `${themes[place % themes.length]} ${dateAgo(world, startedAgo).slice(0, 7)}`,
    // Whatever is running now goes by mail, so that a demo sees something.
    channel: running ? 'EMAIL' : channelOf(random),
    status: !running ? 'COMPLETED' : place === started - 2 ? 'PAUSED' : 'ACTIVE',
    startedAgo,
    startedAt: daysAgo(world, startedAgo),
    createdAt: daysAgo(world, startedAgo + 9),
  };
}

/** What came of a campaign, summed while its contacts are made. */
export type CampaignCounts = {
  -readonly [Count in
    | 'recipients'
    | 'sent'
    | 'delivered'
    | 'opened'
    | 'clicked'
    | 'bounced'
    | 'unsubscribed']: CampaignValues[Count];
};

export function noCounts(): CampaignCounts {
  return { recipients: 0, sent: 0, delivered: 0, opened: 0, clicked: 0, bounced: 0, unsubscribed: 0 };
}
