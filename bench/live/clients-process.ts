/** Clients of a gateway: many WebSockets in one process, each with one subscription to the leads of one owner. */
import { WebSocket } from 'ws';
import { quantile } from '../events/quantile.ts';
import type { ClientOrder, ClientsTold } from './messages.ts';

const url = process.env.GATEWAY_URL ?? '';
const owners = Number(process.env.OWNERS);
/** Bare connections say nothing at all. */
const isBare = process.env.BARE === 'yes';
/** Connections that are being opened at once. */
const opening = 64;
const timeMark = '"occurredAt":"';

const query = `subscription Leads($ownerId: ID!, $after: ID) {
  leadStatusChanged(ownerId: $ownerId, after: $after) {
    cursor occurredAt from to
    lead { id status owner { name } account { name } }
  }
}`;

const sockets: WebSocket[] = [];
let latencies: number[] = [];
let errors = 0;
let firstAt = 0;
let lastAt = 0;

function connect(nth: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, 'graphql-transport-ws', { perMessageDeflate: false });
    sockets.push(socket);
    socket.once('error', reject);
    socket.once('open', () => {
      if (isBare) resolve();
      else socket.send('{"type":"connection_init"}');
    });
    socket.on('message', (data) => {
      const text = String(data);
      if (text.includes('"type":"connection_ack"')) {
        const variables = { ownerId: `usr_${nth % owners}` };
        socket.send(JSON.stringify({ id: `${nth}`, type: 'subscribe', payload: { query, variables } }));
        resolve();
        return;
      }
      take(text);
    });
  });
}

function take(text: string): void {
  if (!text.includes('"type":"next"') || text.includes('"errors":')) {
    errors += 1;
    return;
  }
  lastAt = Date.now();
  firstAt ||= lastAt;
  const start = text.indexOf(timeMark) + timeMark.length;
  latencies.push(lastAt - Date.parse(text.slice(start, text.indexOf('"', start))));
}

async function connectMany(count: number): Promise<void> {
  const end = sockets.length + count;
  let next = sockets.length;
  const worker = async () => {
    while (next < end) await connect(next++);
  };
  await Promise.all(Array.from({ length: opening }, worker));
}

function told(): ClientsTold {
  return {
    kind: 'told',
    open: sockets.filter((socket) => socket.readyState === WebSocket.OPEN).length,
    received: latencies.length,
    errors,
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
    max: quantile(latencies, 1),
    firstAt,
    lastAt,
  };
}

async function follow(order: ClientOrder): Promise<void> {
  switch (order.kind) {
    case 'connect':
      await connectMany(order.count);
      break;
    case 'reset':
      latencies = [];
      errors = 0;
      firstAt = 0;
      break;
    case 'disconnect':
      for (const socket of sockets.splice(0)) socket.terminate();
      break;
    case 'tell':
  }
  process.send?.(told());
}

process.on('message', (order) => void follow(order as ClientOrder));
process.on('disconnect', () => process.exit(0));
process.send?.({ url });
