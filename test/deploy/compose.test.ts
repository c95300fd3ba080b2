import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { environmentFrom } from '../../src/config/env.ts';
import { loadConfig } from '../../src/config/load.ts';
import { type ComposeService, composeFile } from './compose-fields.ts';
import { documentsOf, filesIn, problemsOf, read, root } from './documents.ts';

const folder = 'deploy';
const stacks = filesIn(folder, /\/compose[\w.]*\.yaml$/).map((file) => {
  const [document] = documentsOf(read(file));
  return { file, document, stack: composeFile.safeParse(document).data! };
});

it('there is one file for the router alone, one with Redis, one for a team', () => {
  expect(stacks.map(({ file, stack }) => ({ file, services: Object.keys(stack.services) }))).toEqual([
    {
      file: 'deploy/compose.full.yaml',
      services: ['claude-router', 'postgres', 'redis', 'prometheus', 'grafana'],
    },
    { file: 'deploy/compose.redis.yaml', services: ['claude-router', 'redis'] },
    { file: 'deploy/compose.yaml', services: ['claude-router'] },
  ]);
});

it('`docker compose up` in a clone starts the router alone', () => {
  expect(documentsOf(read('compose.yaml'))).toEqual([{ include: ['deploy/compose.yaml'] }]);
});

describe.each(stacks)('$file', ({ document, stack }) => {
  const services = Object.entries(stack.services);
  const router = stack.services['claude-router']!;

  it('holds nothing but known fields', () => {
    expect(problemsOf(document, composeFile)).toEqual([]);
  });

  it('names no volume, secret or service that it does not define, and defines none for nothing', () => {
    const mounts = services.flatMap(([, { volumes = [] }]) => volumes.map((volume) => volume.split(':')[0]!));
    const volumes = new Set(mounts.filter((from) => !from.startsWith('.')));
    expect(Object.keys(stack.volumes).sort()).toEqual([...volumes].sort());
    const secrets = services.flatMap(([, service]) => service.secrets ?? []);
    expect(Object.keys(stack.secrets ?? {})).toEqual(secrets);
    for (const [, service] of services) for (const name of needs(service)) expect(stack.services).toHaveProperty(name);
    for (const name of healthNeeds(services)) expect(stack.services[name]!.healthcheck).toBeDefined();
  });

  it('mounts no file that is not there', () => {
    const mounts = services.flatMap(([, { volumes = [] }]) => volumes.map((volume) => volume.split(':')[0]!));
    const missing = mounts.filter((from) => from.startsWith('.') && !existsSync(join(root, folder, from)));
    expect(missing).toEqual([]);
  });

  it("is the original's image and port, built from the Dockerfile here", () => {
    expect(router).toMatchObject({ image: 'claudecode/router:latest', ports: ['8080:8080'] });
    expect(existsSync(join(root, folder, router.build!.context, router.build!.dockerfile))).toBe(true);
    expect(router.environment).toEqual(
      expect.arrayContaining(['OPENAI_API_KEY=${OPENAI_API_KEY:-}', 'ANTHROPIC_API_KEY=${ANTHROPIC_API_KEY:-}']),
    );
  });

  it('runs the router on a root it can not write to, with no rights of its own and time to finish', () => {
    expect(router).toMatchObject({ read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] });
    expect(Number.parseInt(router.stop_grace_period!, 10)).toBeGreaterThan(30);
    const writable = [...(router.volumes ?? []), ...(router.tmpfs ?? [])].join(' ');
    for (const path of ['/app/state', '/app/logs', '/tmp']) expect(writable).toContain(path);
  });

  it('lets nobody from outside reach anything but the router', () => {
    const others = services.filter(([name]) => name !== 'claude-router').flatMap(([, { ports = [] }]) => ports);
    expect(others.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
  });

  it('gives the router a configuration that it takes', async () => {
    const variables = new Map((router.environment ?? []).map((line) => split(line)));
    const path = variables.get('ROUTER_CONFIG');
    if (path === undefined) return expect(router.volumes).toEqual(['state:/app/state']);
    const environment = environmentFrom(
      Object.fromEntries([...variables].map(([name, value]) => [name, value.startsWith('$') ? `a-${name}` : value])),
    );
    const loaded = await loadConfig({ path: path.replace('/app/config', join(root, folder, 'config')), environment });
    expect(loaded.missingVariables).toEqual([]);
    const hosts = [loaded.config.state?.url, loaded.config.storage?.url].flatMap((url) => (url ? [new URL(url)] : []));
    for (const { hostname } of hosts) expect(stack.services).toHaveProperty(hostname);
  });
});

describe('the stack for a team', () => {
  it('asks for every secret by a line of the example, and has none of its own', () => {
    const asked = [...read(`${folder}/compose.full.yaml`).matchAll(/\$\{(\w+)/g)].map(([, name]) => name!);
    const lines = [...read(`${folder}/example.env`).matchAll(/^(\w+)=(.*)$/gm)];
    expect(lines.filter(([, , value]) => value !== '')).toEqual([]);
    expect([...new Set(asked)].sort()).toEqual(lines.map(([, name]) => name!).sort());
  });

  it('has Prometheus ask the router with the key that it is given', () => {
    const [settings] = documentsOf(read(`${folder}/prometheus/prometheus.yml`));
    expect(settings).toMatchObject({
      scrape_configs: [
        {
          authorization: { credentials_file: '/run/secrets/metrics_key' },
          static_configs: [{ targets: ['claude-router:8080'] }],
        },
      ],
    });
  });

  it('draws metrics that the router has', () => {
    const board = JSON.parse(read(`${folder}/grafana/dashboards/router.json`)) as {
      panels: { title: string; targets: { expr: string }[] }[];
    };
    const drawn = board.panels.flatMap(({ targets }) =>
      targets.flatMap(({ expr }) => [...expr.matchAll(/claude_router_(\w+?)(?:_bucket)?\b(?=[[{)\s]|$)/g)]),
    );
    expect(drawn.length).toBeGreaterThanOrEqual(board.panels.length);
    for (const [, name] of drawn) expect(metrics).toContain(name);
  });
});

/** What `GET /metrics` promises, without the prefix. */
const metrics = [
  ...['requests_total', 'request_duration_seconds', 'first_output_seconds', 'tokens_total', 'cost_total'],
  ...['cache_requests_total', 'upstream_attempts_total', 'circuit_state', 'active_calls', 'build_info'],
];

function needs({ depends_on: others = [] }: ComposeService): string[] {
  return Array.isArray(others) ? others : Object.keys(others);
}

function healthNeeds(services: [string, ComposeService][]): string[] {
  return services.flatMap(([, { depends_on: others = [] }]) =>
    Array.isArray(others)
      ? []
      : Object.entries(others).flatMap(([name, { condition }]) => (condition === 'service_healthy' ? [name] : [])),
  );
}

function split(line: string): [string, string] {
  const at = line.indexOf('=');
  return [line.slice(0, at), line.slice(at + 1)];
}
