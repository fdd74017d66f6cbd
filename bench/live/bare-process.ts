/** WebSockets of `ws` and nothing else: what a connection costs before anybody does something with it. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { report } from '../overhead/contender-process.ts';

const server = createServer();
new WebSocketServer({ server, perMessageDeflate: false });
await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
report(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
