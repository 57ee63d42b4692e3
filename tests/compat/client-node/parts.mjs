// CustomObjectsApi: JSON patch (its default), status, scale.
import assert from 'node:assert/strict';
import * as k8s from '@kubernetes/client-node';

import { group, refused, until, version } from './cluster.mjs';

export async function json_patch_status_and_scale(cluster) {
  const { custom, namespace } = cluster;
  const web = { group, version, namespace, plural: 'services', name: 'web' };
  await cluster.objects.create(cluster.definition('web'));
  await custom.createNamespacedCustomObject({ ...web, body: cluster.service('web', 1) });

  const patched = await custom.patchNamespacedCustomObject({ ...web,
    body: [{ op: 'replace', path: '/spec/desiredCount', value: 2 }] });
  assert.equal(patched.spec.desiredCount, 2);
  assert.equal(patched.spec.taskDefinition, 'web');
  await refused(() => custom.patchNamespacedCustomObject({ ...web,
    body: [{ op: 'test', path: '/spec/desiredCount', value: 9 }] }), 422, 'Invalid');

  await until(async () => (await custom.getNamespacedCustomObjectStatus(web)).status?.runningCount === 2, 'two tasks');
  const status = await custom.getNamespacedCustomObjectStatus(web);
  assert.equal(status.kind, 'Service');

  const scale = await custom.getNamespacedCustomObjectScale(web);
  assert.equal(scale.kind, 'Scale');
  assert.equal(scale.spec.replicas, 2);
  const scaled = await custom.patchNamespacedCustomObjectScale({ ...web,
    body: [{ op: 'replace', path: '/spec/replicas', value: 3 }] });
  assert.equal(scaled.spec.replicas, 3);
  scaled.spec.replicas = 1;
  const replaced = await custom.replaceNamespacedCustomObjectScale({ ...web, body: scaled })
    .catch((error) => (error.code === 409 ? undefined : Promise.reject(error)));
  if (replaced !== undefined) assert.equal(replaced.spec.replicas, 1);
  await refused(() => custom.getNamespacedCustomObjectScale({ ...web, plural: 'taskdefinitions' }), 404, 'NotFound');

  const listed = await custom.listNamespacedCustomObject({ group, version, namespace, plural: 'services' });
  assert.equal(listed.items.length, 1);
  assert.equal(listed.items[0].spec.taskDefinition, 'web');
  await custom.deleteNamespacedCustomObject(web);
}

// Built-in kinds through the typed clients.
export async function built_in_kinds(cluster) {
  const { core, namespace } = cluster;
  await core.createNamespacedSecret({ namespace, body: { metadata: { name: 's' }, stringData: { word: 'hunter2' } } });
  const secret = await core.readNamespacedSecret({ name: 's', namespace });
  assert.equal(secret.data.word, Buffer.from('hunter2').toString('base64'));
  // Dates are sent back with fractions of a second.
  await core.replaceNamespacedSecret({ name: 's', namespace, body: { ...secret, type: secret.type } });
  await core.createNamespacedConfigMap({ namespace, body: { metadata: { name: 'c' }, data: { a: 'b' } } });
  const patched = await core.patchNamespacedConfigMap({ name: 'c', namespace,
    body: [{ op: 'add', path: '/data/c', value: 'd' }] });
  assert.deepEqual(patched.data, { a: 'b', c: 'd' });
  assert.equal((await core.readNamespace({ name: namespace })).status.phase, 'Active');
  const access = cluster.config.makeApiClient(k8s.AuthorizationV1Api);
  const review = await access.createSelfSubjectAccessReview({ body: { spec: { resourceAttributes: {
    namespace, verb: 'create', group, resource: 'tasks' } } } });
  assert.equal(review.status.allowed, true);
}
