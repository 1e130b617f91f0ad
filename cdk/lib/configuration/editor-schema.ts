import { z } from 'zod';
import { configurationSchema } from './schema';

/** The JSON schema of the configuration file, with which editors complete and check it while it is written. */
export function editorSchema(): string {
  const schema = z.toJSONSchema(configurationSchema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      const editor = z.globalRegistry.get(zodSchema)?.editor;
      if (editor) {
        for (const key of Object.keys(jsonSchema)) {
          delete jsonSchema[key as keyof typeof jsonSchema];
        }
        Object.assign(jsonSchema, editor);
      }
    },
  });
  return `${JSON.stringify(schema, undefined, 2)}\n`;
}
