// Writes docs/configuration.md and config.schema.json from the schema of the configuration, in dist/.
//   node scripts/reference.mjs          writes them
//   node scripts/reference.mjs --check  fails where they are not as it would write them
import { z } from 'zod';
import { putPages, readPage } from './pages.mjs';

const { configSchema } = await import('../dist/config/schema.js');
const schema = z.toJSONSchema(configSchema, { io: 'input', target: 'draft-7', unrepresentable: 'any' });
putPages({
  'config.schema.json': `${JSON.stringify({ ...schema, title: 'Claude Code Router configuration' }, undefined, 2)}\n`,
  'docs/configuration.md': page(),
});

function page() {
  const blocks = Object.entries(schema.properties).filter(([name]) => name !== '$schema');
  return `${[
    readPage('docs/configuration-preface.md').trim(),
    ...blocks.map(([name, block]) => section(name, block)),
  ].join('\n\n')}\n`;
}

function section(name, block) {
  const rows = rowsOf(block, '');
  const table = rows.length === 0 ? [] : ['', '| key | kind | default | meaning |', '|---|---|---|---|', ...rows];
  const own = describe(block);
  return [
    `## \`${name}\``,
    '',
    own.meaning || 'See above.',
    ...(rows.length === 0 ? ['', `${own.kind}${own.initial ? `, ${own.initial} by default` : ''}.`] : []),
    ...table,
  ].join('\n');
}

/** A row for each key that has a value of its own, by its path. */
function rowsOf(block, path) {
  const object = objectIn(block);
  const list = listIn(block);
  if (list && objectIn(list)) return rowsOf(list, `${path}[]`);
  if (!object) return [];
  const named = Object.entries(object.properties ?? {}).flatMap(([key, value]) =>
    entry(value, path === '' ? key : `${path}.${key}`),
  );
  const any =
    typeof object.additionalProperties === 'object' && Object.keys(object.additionalProperties).length > 0
      ? rowsOf(object.additionalProperties, path === '' ? 'NAME' : `${path}.NAME`)
      : [];
  return [...named, ...any];
}

function entry(value, path) {
  const inner = rowsOf(value, path);
  const { kind, meaning, initial } = describe(value);
  if (inner.length > 0 && !hasScalar(value)) return meaning ? [row(path, kind, '', meaning), ...inner] : inner;
  return [row(path, kind, initial, meaning), ...inner];
}

function row(path, kind, initial, meaning) {
  return `| \`${path}\` | ${kind} | ${initial} | ${meaning.replaceAll('|', '\\|')} |`;
}

function describe(value) {
  const { default: fallback } = value;
  const plain = fallback !== undefined && JSON.stringify(fallback) !== '{}' && JSON.stringify(fallback) !== '[]';
  return {
    kind: kindOf(value),
    meaning: value.description ?? '',
    initial: plain ? `\`${JSON.stringify(fallback)}\`` : '',
  };
}

function kindOf(value) {
  if (value.const !== undefined) return `\`${JSON.stringify(value.const)}\``;
  if (value.enum) return value.enum.map((option) => `\`${option}\``).join(', ');
  if (value.anyOf) return [...new Set(value.anyOf.map(kindOf))].join(' or ');
  if (value.allOf) return kindOf(value.allOf[0]);
  if (value.type === 'array') return `list of ${kindOf(value.items ?? {})}`;
  if (Array.isArray(value.type)) return value.type.join(' or ');
  return (
    { string: 'text', integer: 'whole number', number: 'number', boolean: 'true or false', object: 'object' }[
      value.type
    ] ?? 'anything'
  );
}

function objectIn(value) {
  if (value.type === 'object') return value;
  return [...(value.anyOf ?? []), ...(value.allOf ?? [])].map(objectIn).find(Boolean);
}

function listIn(value) {
  if (value.type === 'array') return value.items;
  return undefined;
}

function hasScalar(value) {
  return (value.anyOf ?? []).some((option) => option.type !== 'object');
}
