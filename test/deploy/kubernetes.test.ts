import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { environmentFrom } from '../../src/config/env.ts';
import { loadConfig } from '../../src/config/load.ts';
import { sayMissing } from '../support/clients.ts';
import { documentsOf, filesIn, problemsOf, read, root, unguardedKeys } from './documents.ts';
import { freeMaps, type KubernetesDocument, kubernetesDocument } from './kubernetes-fields.ts';

const folder = 'deploy/kubernetes';
const files = filesIn(folder, /\.yaml$/);
const written = files.flatMap((file) => documentsOf(read(file)).map((document) => ({ file, document })));
const hasKubectl = spawnSync('kubectl', ['kustomize', '--help'], { timeout: 20_000 }).status === 0;
if (!hasKubectl) sayMissing('the manifests as kubectl puts them together');

describe('the Kubernetes manifests', () => {
  it.each(written)('hold nothing but known fields: $file, $document.kind', ({ document }) => {
    expect(problemsOf(document, kubernetesDocument)).toEqual([]);
  });

  it.each(written)('hold no field that could be misspelt unnoticed: $file, $document.kind', ({ document }) => {
    expect(unguardedKeys(document, kubernetesDocument, freeMaps)).toEqual([]);
  });

  it('are all part of a kustomization, which names no file that is not there', () => {
    const named = new Set<string>();
    for (const { file, document } of written) {
      if (document.kind !== 'Kustomization') continue;
      named.add(file);
      const { resources, configMapGenerator = [], secretGenerator = [] } = kustomizationOf(document);
      const generated = [...configMapGenerator, ...secretGenerator].flatMap((entry) => [
        ...(entry.files ?? []),
        ...(entry.envs ?? []),
      ]);
      for (const path of [...resources, ...generated]) {
        const whole = join(dirname(file), path).replaceAll('\\', '/');
        named.add(/\.\w+$/.test(whole) ? whole : `${whole}/kustomization.yaml`);
      }
    }
    expect([...named].sort()).toEqual(filesIn(folder, /\.\w+$/));
  });
});

describe('the Deployment', () => {
  const { spec } = documentOf('Deployment', 'claude-router');
  const [container] = spec.template.spec.containers;

  it("is the original's: three replicas of its image, and the keys of providers from the Secret api-keys", () => {
    expect(spec.replicas).toBe(3);
    expect(container).toMatchObject({ name: 'claude-router', image: 'claudecode/router:latest' });
    expect(container!.ports).toEqual([{ name: 'http', containerPort: 8080 }]);
    const references = { OPENAI_API_KEY: 'openai', ANTHROPIC_API_KEY: 'anthropic' };
    for (const [name, key] of Object.entries(references)) {
      const variable = container!.env!.find((entry) => entry.name === name);
      expect(variable).toMatchObject({ valueFrom: { secretKeyRef: { name: 'api-keys', key } } });
    }
  });

  it('asks the endpoints for life and readiness', () => {
    expect(container!.livenessProbe.httpGet).toEqual({ path: '/health/live', port: 'http' });
    expect(container!.readinessProbe.httpGet).toEqual({ path: '/health/ready', port: 'http' });
  });

  it('gives running calls their 30 seconds to finish behind the pause before the stop', () => {
    const pause = Number(container!.lifecycle!.preStop.exec!.command[1]);
    expect(spec.template.spec.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(pause + 30 + 5);
  });

  it('keeps a replica for each that the budget for disruptions asks for, and one to spare', () => {
    expect(documentOf('PodDisruptionBudget', 'claude-router').spec.minAvailable).toBeLessThan(spec.replicas!);
  });

  it('takes from the Secret what the file of secrets has lines for', () => {
    const lines = [...read(`${folder}/base/secrets.env`).matchAll(/^(\w+)=(.*)$/gm)];
    expect(lines.filter(([, , value]) => value !== '')).toEqual([]);
    const taken = container!.env!.flatMap((entry) =>
      'valueFrom' in entry && 'secretKeyRef' in entry.valueFrom ? [entry.valueFrom.secretKeyRef.key] : [],
    );
    expect(taken.sort()).toEqual(lines.map(([, key]) => key).sort());
  });

  it('writes to volumes alone', () => {
    const mounts = container!.volumeMounts.map(({ mountPath }) => mountPath);
    expect(mounts).toEqual(expect.arrayContaining(['/app/state', '/app/logs', '/tmp']));
  });
});

describe('objects that name each other', () => {
  const workloads = [documentOf('Deployment', 'claude-router'), documentOf('StatefulSet', 'claude-router-redis')];

  it.each(workloads)('agree on labels, ports and volumes: $metadata.name', ({ metadata, spec }) => {
    const { containers, volumes = [] } = spec.template.spec;
    const labels = spec.template.metadata.labels;
    const claims = 'volumeClaimTemplates' in spec ? spec.volumeClaimTemplates.map((claim) => claim.metadata.name) : [];
    expect(labels).toMatchObject(spec.selector.matchLabels);
    const service = documentOf('Service', metadata.name);
    expect(labels).toMatchObject(service.spec.selector);
    const ports = containers[0]!.ports.map(({ name }) => name);
    for (const { targetPort } of service.spec.ports) expect(ports).toContain(targetPort);
    const mounted = containers[0]!.volumeMounts.map(({ name }) => name);
    expect([...volumes.map(({ name }) => name), ...claims].sort()).toEqual(mounted.sort());
  });

  it('agree on which pods a policy is for, and on Redis', () => {
    const labels = workloads.map(({ spec }) => spec.template.metadata.labels);
    for (const { document } of written) {
      if (document.kind !== 'NetworkPolicy') continue;
      const { spec } = document as Extract<KubernetesDocument, { kind: 'NetworkPolicy' }>;
      expect(labels).toContainEqual(spec.podSelector.matchLabels);
    }
    const config = read(`${folder}/base/production.json`);
    expect(config).toContain(`redis://${documentOf('Service', 'claude-router-redis').metadata.name}:6379`);
  });
});

describe('the configuration in the ConfigMap', () => {
  const text = read(`${folder}/base/production.json`);
  const load = (variables: Record<string, string>) =>
    loadConfig({ text, format: 'json', directory: root, environment: environmentFrom(variables) });

  it('is one that the router takes', async () => {
    const { config } = await load({ ROUTER_KEY: 'a-key', STORAGE_URL: '' });
    expect(config.security.authentication.keys).toMatchObject([{ key: 'a-key' }]);
    expect(config.storage?.url).toBe('sqlite:/app/state/ledger.db');
  });

  it('is refused without a key for clients, by the name of what is missing', async () => {
    await expect(load({ ROUTER_KEY: '' })).rejects.toMatchObject({
      problems: [{ path: 'security.authentication.keys.0.key', message: expect.stringContaining('ROUTER_KEY') }],
    });
  });
});

describe.runIf(hasKubectl)('what kubectl puts together', () => {
  it.each([
    { path: '', adds: undefined, replicas: 3 },
    { path: '/overlays/autoscaling', adds: 'HorizontalPodAutoscaler', replicas: undefined },
    { path: '/overlays/ingress', adds: 'Ingress', replicas: 3 },
  ])('is known field by field: $path', ({ path, adds, replicas }) => {
    const ran = spawnSync('kubectl', ['kustomize', join(root, folder, path)], { encoding: 'utf8', timeout: 20_000 });
    expect(ran.stderr).toBe('');
    const documents = documentsOf(ran.stdout);
    expect(documents.flatMap((document) => problemsOf(document, kubernetesDocument))).toEqual([]);
    const kinds = documents.map(({ kind }) => kind);
    expect(kinds).toEqual(expect.arrayContaining(['ConfigMap', 'Secret', 'Deployment', 'Service', 'StatefulSet']));
    if (adds !== undefined) expect(kinds).toContain(adds);
    const deployment = documents.find(({ kind }) => kind === 'Deployment') as { spec: { replicas?: number } };
    expect(deployment.spec.replicas).toBe(replicas);
  });
});

function documentOf<Kind extends KubernetesDocument['kind']>(kind: Kind, name: string) {
  const found = written.find(({ document }) => {
    return document.kind === kind && (document.metadata as { name: string }).name === name;
  });
  return found!.document as unknown as Extract<KubernetesDocument, { kind: Kind }>;
}

function kustomizationOf(document: unknown) {
  return document as Extract<KubernetesDocument, { kind: 'Kustomization' }>;
}
