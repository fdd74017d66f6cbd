#!/usr/bin/env node
// Apollo's packages report usage unless this is set before they load.
process.env.APOLLO_TELEMETRY_DISABLED ??= '1';

import { enableCompileCache } from 'node:module';
import { Command } from 'commander';
import { composeCommand } from '#cli/commands/compose.ts';
import { eventsCommand } from '#cli/commands/events.ts';
import { gatewayCommand } from '#cli/commands/gateway.ts';
import { importCommand } from '#cli/commands/import.ts';
import { keysCommand } from '#cli/commands/keys.ts';
import { seedCommand } from '#cli/commands/seed.ts';
import { subgraphCommand } from '#cli/commands/subgraph.ts';
import { tokenCommand } from '#cli/commands/token.ts';
import { upCommand } from '#cli/commands/up.ts';
import { failure } from '#cli/failure.ts';

// Commands import what they need when they run: a second start reads it compiled.
enableCompileCache();

try {
  await new Command('tributary')
    .description('A GraphQL federation gateway over CRM, email, analytics and consent systems.')
    .addCommand(upCommand())
    .addCommand(gatewayCommand())
    .addCommand(subgraphCommand())
    .addCommand(seedCommand())
    .addCommand(importCommand())
    .addCommand(composeCommand())
    .addCommand(eventsCommand())
    .addCommand(tokenCommand())
    .addCommand(keysCommand())
    .parseAsync();
} catch (error) {
  process.stderr.write(`${failure(error)}\n`);
  process.exitCode = 1;
}
