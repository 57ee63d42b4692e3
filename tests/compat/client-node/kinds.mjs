// KubernetesObjectApi with each of the kinds: what is written is what is stored. (For a kind of the name of one of its
// own models the client would send an empty spec: so none of ours is in a version "v1".)
import assert from 'node:assert/strict';
import * as k8s from '@kubernetes/client-node';

import { apiVersion, refused, retried } from './cluster.mjs';

// An object of each kind, and a change of its spec that is allowed. No host has the attribute: no task is placed.
const nowhere = [{ type: 'memberOf', expression: 'attribute:nowhere == yes' }];
const kinds = [
  { kind: 'TaskDefinition', spec: { containerDefinitions: [{ name: 'app', image: 'busybox', memory: 16 }] },
    change: { networkMode: 'none' } },
  { kind: 'Service', spec: { taskDefinition: 'thing', desiredCount: 0 }, change: { desiredCount: 2 } },
  { kind: 'TaskRun', spec: { taskDefinition: 'thing', count: 2, retries: 3, placementConstraints: nowhere },
    change: { retries: 4 } },
  { kind: 'Task', spec: { taskDefinition: 'thing:1', group: 'mine', placementConstraints: nowhere },
    change: { desiredStatus: 'STOPPED' } },
  { kind: 'TaskSet', spec: { service: 'ghost', taskDefinition: 'thing:1', deploymentId: 'ecs-svc/1234567890123456789' },
    change: { placementConstraints: nowhere } },
  { kind: 'ContainerInstance', everywhere: true, spec: { attributes: [{ name: 'rack', value: '7' }] },
    change: { unschedulable: true } },
  { kind: 'Cluster', everywhere: true, spec: { lostAfter: '7s' }, change: { lostAfter: '8s' } },
];

// Everything of `part` is in `whole`; defaults may have come to it.
function within(whole, part, path) {
  if (part === null || typeof part !== 'object') return assert.equal(whole, part, path);
  for (const [key, value] of Object.entries(part)) within(whole?.[key], value, `${path}.${key}`);
  return undefined;
}

async function whole_life(cluster, { kind, everywhere, spec, change }) {
  const name = everywhere ? `${cluster.namespace}-thing` : 'thing';
  const metadata = everywhere ? { name } : { name, namespace: cluster.namespace };
  const header = { apiVersion, kind, metadata };
  const { objects } = cluster;

  const created = await objects.create({ ...header, spec });
  within(created.spec, spec, `${kind} created: spec`);
  await refused(() => objects.create({ ...header, spec }), 409, 'AlreadyExists');
  const first = await objects.read(header);
  within(first.spec, spec, `${kind} read: spec`);
  assert.equal(first.kind, kind);

  const replaced = await retried(async () => {
    const now = await objects.read(header);
    return objects.replace({ ...now, metadata: { ...now.metadata, labels: { by: 'replace' } } });
  });
  within(replaced.spec, spec, `${kind} replaced: spec`);
  assert.equal(replaced.metadata.labels.by, 'replace');
  const stale = { ...first, metadata: { ...first.metadata, labels: { by: 'stale' } } };
  await refused(() => objects.replace(stale), 409, 'Conflict');

  const merged = await objects.patch({ ...header, spec: change }, undefined, undefined, undefined, undefined,
    k8s.PatchStrategy.MergePatch);
  within(merged.spec, { ...spec, ...change }, `${kind} merged: spec`);
  await refused(() => objects.patch({ ...header, spec: change }), 415, 'UnsupportedMediaType');

  const labels = { by: 'apply' };
  const applied = { ...header, metadata: { ...metadata, labels } };
  await refused(() => objects.patch(applied, undefined, undefined, 'node', false, k8s.PatchStrategy.ServerSideApply),
    409, 'Conflict');
  const forced = await objects.patch(applied, undefined, undefined, 'node', true, k8s.PatchStrategy.ServerSideApply);
  assert.equal(forced.metadata.labels.by, 'apply');
  within(forced.spec, { ...spec, ...change }, `${kind} applied: spec`);

  const list = await objects.list(apiVersion, kind, everywhere ? undefined : cluster.namespace, undefined, undefined,
    undefined, undefined, 'by=apply');
  const listed = list.items.filter((each) => each.metadata.name === name);
  assert.equal(listed.length, 1);
  within(listed[0].spec, { ...spec, ...change }, `${kind} listed: spec`);
  assert.ok(Number(list.metadata.resourceVersion) > 0);
}

export async function every_kind(cluster) {
  for (const each of kinds) await whole_life(cluster, each);
  // Revisions are made by the server: they can be read and labelled.
  const header = { apiVersion, kind: 'TaskDefinitionRevision',
    metadata: { name: 'thing:1', namespace: cluster.namespace } };
  const revision = await objects_read(cluster, header);
  within(revision.spec, kinds[0].spec, 'TaskDefinitionRevision read: spec');
  const labelled = await cluster.objects.patch({ ...header, metadata: { ...header.metadata, labels: { a: 'b' } } },
    undefined, undefined, undefined, undefined, k8s.PatchStrategy.MergePatch);
  within(labelled.spec, kinds[0].spec, 'TaskDefinitionRevision patched: spec');
  await refused(() => cluster.objects.create({ ...header, metadata: { ...header.metadata, name: 'other:1' },
    spec: kinds[0].spec }), 403, 'Forbidden');

  for (const { kind, everywhere } of [...kinds].reverse()) {
    const metadata = everywhere ? { name: `${cluster.namespace}-thing` } :
      { name: 'thing', namespace: cluster.namespace };
    await cluster.objects.delete({ apiVersion, kind, metadata });
  }
}

const objects_read = (cluster, header) => cluster.objects.read(header);
