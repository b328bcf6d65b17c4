#!/usr/bin/env node
// In the syntax of old Node.js versions, which must reach the message below.
const [major, minor] = process.versions.node.split('.').map(Number);
if (major > 22 || (major === 22 && minor >= 12)) await import('../dist/main.js');
else {
  process.stderr.write(
    `tearline: expected Node.js 22.12 or newer, got ${process.versions.node}. Install a newer Node.js.\n`,
  );
  process.exitCode = 2;
}
