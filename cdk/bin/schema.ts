import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { editorSchema } from '../lib/configuration/editor-schema';

writeFileSync(join(__dirname, '..', 'configuration.schema.json'), editorSchema());
