import { readdirSync } from 'node:fs';
import { join } from 'node:path';

// In one process: loading the CDK takes seconds, and an example that was synthesised is not synthesised again.
for (const name of readdirSync(__dirname).filter((name) => name.endsWith('.test.ts'))) {
  require(join(__dirname, name));
}
