/** How the systems behind the subgraphs are called where people read. */
const names: Readonly<Record<string, string>> = {
  crm: 'CRM',
  email: 'Email platform',
  analytics: 'Analytics',
  consent: 'Consent records',
};

/** Its own name where it is none of ours. */
export function systemName(subgraph: string): string {
  return names[subgraph] ?? subgraph;
}
