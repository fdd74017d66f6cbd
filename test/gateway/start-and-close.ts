/*
 * A process of its own for one test: serves the supergraph file it is given, asks one query, closes the gateway and
 * then has nothing left to do. Whatever is left open keeps it from ending.
 */
import { pino } from 'pino';
import { startGateway } from '#gateway/main.ts';

const [supergraph = ''] = process.argv.slice(2);
const gateway = await startGateway({ supergraph, port: 0, logger: pino({ level: 'silent' }) });
const response = await fetch(`${gateway.url}/graphql`, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ query: '{ account(id: "1") { name } }' }),
});
console.log(await response.text());
await gateway.close();
