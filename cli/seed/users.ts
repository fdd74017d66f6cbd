import type { UserValues } from '#subgraphs/crm/store/tables.ts';
import { countries, teams } from './countries.ts';
import { fullName, slug } from './names.ts';
import { daysAgo, idOf, streamOf, type World, worldDays } from './world.ts';

/** Accounts that one seller looks after. */
const accountsPerSeller = 40;

/** The sellers, each team led by its first. The first user of all is as old as the world. */
export function usersOf(world: World): readonly (UserValues & { readonly createdAt: string })[] {
  return Array.from({ length: userCount(world) }, (_, place) => {
    const random = streamOf(world, 'user', place);
    const team = teams[place % teams.length] as string;
    const name = fullName(random.pick(countries.filter((country) => country.team === team)).names, random);
    return {
      id: userId(world, place),
      name,
      // The place makes it one address each, however many share a name.
      email: `${slug(name, '.')}.${place + 1}@tributary.example`,
      team,
      managerId: place < teams.length ? null : userId(world, place % teams.length),
      createdAt: daysAgo(world, place === 0 ? worldDays : random.integer(300, worldDays)),
    };
  });
}

/** Sellers of a team who are not its lead; `nth` goes round them. */
export function sellerOf(world: World, team: string, nth: number): string {
  const sellers = Math.floor((userCount(world) - teams.length) / teams.length);
  const place = (teams as readonly string[]).indexOf(team);
  return userId(world, teams.length * (1 + (nth % sellers)) + place);
}

export function firstUserId(world: World): string {
  return userId(world, 0);
}

function userCount({ accounts }: World): number {
  const sellersPerTeam = Math.max(2, Math.ceil(accounts / accountsPerSeller / teams.length));
  return teams.length * (1 + sellersPerTeam);
}

function userId(world: World, place: number): string {
  return idOf(world, 'usr', place + 1);
}
