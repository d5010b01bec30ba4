#!/usr/bin/env -S node --max-semi-space-size=8
// One command under a name of its own, for timers, cron and people who know it by that name.
process.argv.splice(2, 0, 'housekeeper:run');
await import('./multiflexi-cli.js');
