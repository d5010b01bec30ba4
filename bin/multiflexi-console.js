#!/usr/bin/env -S node --max-semi-space-size=8
// The console as a service, under a name of its own for systemd.
process.argv.splice(2, 0, 'console', '--service');
await import('./multiflexi-cli.js');
