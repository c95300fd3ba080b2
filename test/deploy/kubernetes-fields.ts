import { z } from 'zod';

/** The fields of Kubernetes' objects that our manifests use, and no others: what is not here is taken for a misspelling. */

const text = z.string().min(1);
const name = z.string().regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/);
const count = z.number().int().min(0);
const seconds = z.number().int().min(1);
const port = z.union([z.number().int().min(1).max(65_535), z.string().regex(/^[a-z][-a-z0-9]{0,14}$/)]);
const quantity = z.string().regex(/^\d+(\.\d+)?(m|Ki|Mi|Gi)?$/);
const strings = z.record(z.string(), z.string());
const metadata = z.strictObject({ name, labels: strings.optional(), annotations: strings.optional() });
const labelSelector = z.strictObject({ matchLabels: strings });
const command = z.array(text).min(1);

const reaction = { exec: z.strictObject({ command }).optional() };
const probe = z
  .strictObject({
    ...reaction,
    httpGet: z.strictObject({ path: z.string().startsWith('/'), port }).optional(),
    tcpSocket: z.strictObject({ port }).optional(),
    initialDelaySeconds: count.optional(),
    periodSeconds: seconds.optional(),
    timeoutSeconds: seconds.optional(),
    failureThreshold: seconds.optional(),
  })
  .refine(({ exec, httpGet, tcpSocket }) => [exec, httpGet, tcpSocket].filter(Boolean).length === 1, 'one way to ask');

const keyReference = z.strictObject({ name, key: text, optional: z.boolean().optional() });
const variable = z.union([
  z.strictObject({ name: text, value: z.string() }),
  z.strictObject({ name: text, valueFrom: z.strictObject({ secretKeyRef: keyReference }) }),
  z.strictObject({ name: text, valueFrom: z.strictObject({ configMapKeyRef: keyReference }) }),
]);

const amounts = z.strictObject({ cpu: quantity.optional(), memory: quantity.optional() });

const container = z.strictObject({
  name,
  image: text,
  imagePullPolicy: z.enum(['Always', 'IfNotPresent', 'Never']).optional(),
  command: command.optional(),
  args: command.optional(),
  ports: z.array(z.strictObject({ name, containerPort: z.number().int(), protocol: z.literal('TCP').optional() })),
  env: z.array(variable).optional(),
  startupProbe: probe.optional(),
  livenessProbe: probe,
  readinessProbe: probe,
  lifecycle: z.strictObject({ preStop: z.strictObject(reaction) }).optional(),
  resources: z.strictObject({ requests: amounts, limits: amounts }),
  securityContext: z.strictObject({
    allowPrivilegeEscalation: z.literal(false),
    readOnlyRootFilesystem: z.literal(true),
    capabilities: z.strictObject({ drop: z.tuple([z.literal('ALL')]) }),
  }),
  volumeMounts: z.array(
    z.strictObject({ name, mountPath: z.string().startsWith('/'), readOnly: z.boolean().optional() }),
  ),
});

const volume = z.union([
  z.strictObject({ name, emptyDir: z.strictObject({ sizeLimit: quantity.optional() }) }),
  z.strictObject({ name, configMap: z.strictObject({ name }) }),
]);

const podTemplate = z.strictObject({
  metadata: z.strictObject({ labels: strings, annotations: strings.optional() }),
  spec: z.strictObject({
    automountServiceAccountToken: z.literal(false),
    enableServiceLinks: z.literal(false),
    terminationGracePeriodSeconds: seconds.optional(),
    securityContext: z.strictObject({
      runAsNonRoot: z.literal(true),
      runAsUser: z.number().int().min(1),
      runAsGroup: z.number().int().min(1),
      fsGroup: z.number().int().min(1),
      seccompProfile: z.strictObject({ type: z.literal('RuntimeDefault') }),
    }),
    topologySpreadConstraints: z
      .array(
        z.strictObject({
          maxSkew: seconds,
          topologyKey: text,
          whenUnsatisfiable: z.enum(['DoNotSchedule', 'ScheduleAnyway']),
          labelSelector,
        }),
      )
      .optional(),
    containers: z.array(container).min(1),
    volumes: z.array(volume).optional(),
  }),
});

const rollingUpdate = z.strictObject({ maxSurge: count, maxUnavailable: count });
const deployment = z.strictObject({
  apiVersion: z.literal('apps/v1'),
  kind: z.literal('Deployment'),
  metadata,
  spec: z.strictObject({
    replicas: seconds.optional(),
    selector: labelSelector,
    strategy: z.strictObject({ type: z.literal('RollingUpdate'), rollingUpdate }).optional(),
    template: podTemplate,
  }),
});

const claim = z.strictObject({
  metadata,
  spec: z.strictObject({
    accessModes: z.array(z.enum(['ReadWriteOnce', 'ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOncePod'])).min(1),
    storageClassName: text.optional(),
    resources: z.strictObject({ requests: z.strictObject({ storage: quantity }) }),
  }),
});

const statefulSet = z.strictObject({
  apiVersion: z.literal('apps/v1'),
  kind: z.literal('StatefulSet'),
  metadata,
  spec: z.strictObject({
    serviceName: name,
    replicas: seconds,
    selector: labelSelector,
    template: podTemplate,
    volumeClaimTemplates: z.array(claim),
  }),
});

const service = z.strictObject({
  apiVersion: z.literal('v1'),
  kind: z.literal('Service'),
  metadata,
  spec: z.strictObject({
    type: z.enum(['ClusterIP', 'NodePort', 'LoadBalancer']).optional(),
    selector: strings,
    ports: z.array(z.strictObject({ name, port, targetPort: port })).min(1),
  }),
});

const disruptionBudget = z.strictObject({
  apiVersion: z.literal('policy/v1'),
  kind: z.literal('PodDisruptionBudget'),
  metadata,
  spec: z.strictObject({ minAvailable: seconds, selector: labelSelector }),
});

const peer = z.strictObject({
  podSelector: z.strictObject({ matchLabels: strings.optional() }).optional(),
  namespaceSelector: z.strictObject({ matchLabels: strings.optional() }).optional(),
});
const policyPorts = z.array(z.strictObject({ protocol: z.enum(['TCP', 'UDP']), port })).min(1);
const networkPolicy = z.strictObject({
  apiVersion: z.literal('networking.k8s.io/v1'),
  kind: z.literal('NetworkPolicy'),
  metadata,
  spec: z
    .strictObject({
      podSelector: labelSelector,
      policyTypes: z.array(z.enum(['Ingress', 'Egress'])).min(1),
      ingress: z.array(z.strictObject({ from: z.array(peer), ports: policyPorts })).optional(),
      egress: z.array(z.strictObject({ to: z.array(peer).optional(), ports: policyPorts })).optional(),
    })
    .refine(
      ({ policyTypes, ingress, egress }) =>
        policyTypes.includes('Ingress') === (ingress !== undefined) &&
        policyTypes.includes('Egress') === (egress !== undefined),
      'the types of a policy are those it has rules for',
    ),
});

const autoscaler = z.strictObject({
  apiVersion: z.literal('autoscaling/v2'),
  kind: z.literal('HorizontalPodAutoscaler'),
  metadata,
  spec: z.strictObject({
    scaleTargetRef: z.strictObject({ apiVersion: z.literal('apps/v1'), kind: z.literal('Deployment'), name }),
    minReplicas: seconds,
    maxReplicas: seconds,
    metrics: z.array(
      z.strictObject({
        type: z.literal('Resource'),
        resource: z.strictObject({
          name: z.enum(['cpu', 'memory']),
          target: z.strictObject({
            type: z.literal('Utilization'),
            averageUtilization: z.number().int().min(1).max(100),
          }),
        }),
      }),
    ),
    behavior: z.strictObject({
      scaleDown: z.strictObject({
        stabilizationWindowSeconds: count,
        policies: z.array(
          z.strictObject({ type: z.enum(['Pods', 'Percent']), value: seconds, periodSeconds: seconds }),
        ),
      }),
    }),
  }),
});

const backend = z.strictObject({
  service: z.strictObject({ name, port: z.union([z.strictObject({ name }), z.strictObject({ number: count })]) }),
});
const ingress = z.strictObject({
  apiVersion: z.literal('networking.k8s.io/v1'),
  kind: z.literal('Ingress'),
  metadata,
  spec: z.strictObject({
    ingressClassName: name,
    tls: z.array(z.strictObject({ hosts: z.array(text), secretName: name })),
    rules: z.array(
      z.strictObject({
        host: text,
        http: z.strictObject({
          paths: z.array(
            z.strictObject({
              path: z.string().startsWith('/'),
              pathType: z.enum(['Prefix', 'Exact', 'ImplementationSpecific']),
              backend,
            }),
          ),
        }),
      }),
    ),
  }),
});

const configMap = z.strictObject({
  apiVersion: z.literal('v1'),
  kind: z.literal('ConfigMap'),
  metadata,
  data: strings,
});

const secret = z.strictObject({
  apiVersion: z.literal('v1'),
  kind: z.literal('Secret'),
  metadata,
  type: z.literal('Opaque'),
  data: strings,
});

const generator = { name, files: z.array(text).optional(), envs: z.array(text).optional() };
const kustomization = z.strictObject({
  apiVersion: z.literal('kustomize.config.k8s.io/v1beta1'),
  kind: z.literal('Kustomization'),
  resources: z.array(text).min(1),
  configMapGenerator: z.array(z.strictObject(generator)).optional(),
  secretGenerator: z.array(z.strictObject(generator)).optional(),
  patches: z.array(z.strictObject({ target: z.strictObject({ kind: text, name }), patch: text })).optional(),
});

/** Any document that stands in our manifests, or comes of them. */
export const kubernetesDocument = z.discriminatedUnion('kind', [
  autoscaler,
  configMap,
  deployment,
  disruptionBudget,
  ingress,
  kustomization,
  networkPolicy,
  secret,
  service,
  statefulSet,
]);

/** Maps in them whose keys are the user's. */
export const freeMaps: ReadonlySet<string> = new Set(['labels', 'matchLabels', 'annotations', 'data', 'selector']);

export type KubernetesDocument = z.infer<typeof kubernetesDocument>;
export type PodTemplate = z.infer<typeof podTemplate>;
