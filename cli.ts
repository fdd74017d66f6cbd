#!/usr/bin/env node
// Apollo's packages report usage unless this is set before they load.
process.env.APOLLO_TELEMETRY_DISABLED ??= '1';

import { enableCompileCache } from 'node:module';
import { Command } from 'commander';
import { checkCommand } from '#cli/commands/check.ts';
import { composeCommand } from '#cli/commands/compose.ts';
import { deadLettersCommand } from '#cli/commands/dead-letters.ts';
import { canIDeployCommand, deployedCommand } from '#cli/commands/deploy.ts';
import { eventsCommand } from '#cli/commands/events.ts';
import { gatewayCommand } from '#cli/commands/gateway.ts';
import { importCommand } from '#cli/commands/import.ts';
import { keysCommand } from '#cli/commands/keys.ts';
import { outboxCommand } from '#cli/commands/outbox.ts';
import { pactsCommand } from '#cli/commands/pacts.ts';
import { seedCommand } from '#cli/commands/seed.ts';
import { subgraphCommand } from '#cli/commands/subgraph.ts';
import { syncCommand } from '#cli/commands/sync.ts';
import { tokenCommand } from '#cli/commands/token.ts';
import { upCommand } from '#cli/commands/up.ts';
import { usageCommand } from '#cli/commands/usage.ts';
import { verifyCommand } from '#cli/commands/verify.ts';
import { webhooksCommand } from '#cli/commands/webhooks.ts';
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
    .addCommand(syncCommand())
    .addCommand(composeCommand())
    .addCommand(checkCommand())
    .addCommand(pactsCommand())
    .addCommand(verifyCommand())
    .addCommand(canIDeployCommand())
    .addCommand(deployedCommand())
    .addCommand(eventsCommand())
    .addCommand(deadLettersCommand())
    .addCommand(outboxCommand())
    .addCommand(webhooksCommand())
    .addCommand(tokenCommand())
    .addCommand(keysCommand())
    .addCommand(usageCommand())
    .parseAsync();
} catch (error) {
  process.stderr.write(`${failure(error)}\n`);
  process.exitCode = 1;
}
