// makeInformer: what it tells, and that nothing is lost when the watch under it ends.
import assert from 'node:assert/strict';
import * as k8s from '@kubernetes/client-node';

import { until } from './cluster.mjs';

// An informer of the task definitions of the namespace that notes what it is told.
function watched(cluster, { query = '', list } = {}) {
  const path = cluster.path('taskdefinitions');
  const notes = [];
  let connects = 0;
  let lists = 0;
  const listAll = () => cluster.objects.list('muster.dev/v1beta1', 'TaskDefinition', cluster.namespace);
  const informer = k8s.makeInformer(cluster.config, path + query, async () => {
    lists += 1;
    return list === undefined ? listAll() : list(lists, listAll);
  });
  const note = (what) => (object) =>
    notes.push(`${what} ${object.metadata.name} ${object.metadata.labels?.n ?? '-'}`);
  for (const what of ['add', 'update', 'delete']) informer.on(what, note(what));
  informer.on('connect', () => { connects += 1; });
  // As the library's own examples: an error is answered by another start.
  informer.on('error', () => setTimeout(() => informer.start(), 50));
  return { informer, notes, connects: () => connects, lists: () => lists };
}

async function label(cluster, name, n) {
  const object = { apiVersion: 'muster.dev/v1beta1', kind: 'TaskDefinition',
    metadata: { name, namespace: cluster.namespace, labels: { n: `${n}` } } };
  await cluster.objects.patch(object, undefined, undefined, undefined, undefined, k8s.PatchStrategy.MergePatch);
}

export async function informer(cluster) {
  await cluster.objects.create(cluster.definition('a'));
  const { informer, notes } = watched(cluster);
  await informer.start();
  await cluster.objects.create(cluster.definition('b'));
  await label(cluster, 'a', 1);
  await cluster.objects.delete(cluster.definition('b'));
  await until(() => notes.some((each) => each.startsWith('delete')), `delete in ${notes}`);
  // A controller writes the status of a definition once: the updates of which are not counted here.
  const told = notes.filter((each) => !/^update . -$/.test(each));
  assert.deepEqual([...new Set(told)], ['add a -', 'add b -', 'update a 1', 'delete b -']);
  assert.equal(informer.get('a', cluster.namespace).metadata.labels.n, '1');
  assert.equal(informer.get('b', cluster.namespace), undefined);
  await informer.stop();
}

// The server ends the watch every second: the informer goes on from the last resourceVersion without a list.
export async function informer_reconnects(cluster) {
  const { informer, notes, connects, lists } = watched(cluster, { query: '?timeoutSeconds=1' });
  await informer.start();
  await cluster.objects.create(cluster.definition('a'));
  const expected = [];
  for (let n = 0; connects() < 5; n += 1) {
    await label(cluster, 'a', n);
    expected.push(`update a ${n}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await cluster.objects.delete(cluster.definition('a'));
  await until(() => notes.some((each) => each.startsWith('delete')), 'delete');
  await informer.stop();
  assert.equal(lists(), 1);
  const updates = notes.filter((each) => /^update a \d/.test(each));
  // The status is written in between, so a label may be told twice; none is lost, none comes out of order.
  assert.deepEqual(updates.filter((each, index) => each !== updates[index - 1]), expected);
  assert.equal(notes.filter((each) => each.startsWith('add')).length, 1);
  assert.equal(notes.filter((each) => each.startsWith('delete')).length, 1);
}

// More changes than the server keeps for those who resume: 410, and everything is listed again.
export async function informer_relists(cluster) {
  const old = (await cluster.core.listNamespace()).metadata.resourceVersion;
  const map = { metadata: { name: 'large', namespace: cluster.namespace }, data: { text: 'x'.repeat(900_000) } };
  await cluster.core.createNamespacedConfigMap({ namespace: cluster.namespace, body: map });
  const gone = async () => {
    const url = new URL(cluster.config.getCurrentCluster().server + cluster.path('taskdefinitions'));
    let code = 0;
    await new Promise((resolve) => {
      const call = new k8s.Watch(cluster.config).watch(url.pathname, { resourceVersion: old, timeoutSeconds: 1 },
        (type, object) => { if (type === 'ERROR') code = object.code; },
        (error) => { code = error?.statusCode ?? code; resolve(call); });
    });
    return code === 410;
  };
  for (let n = 0; !(await gone()); n += 1) {
    assert.ok(n < 20, 'the server keeps more than the 200 MB that were written');
    for (let i = 0; i < 10; i += 1) {
      map.data.text = `${n}-${i}-${'x'.repeat(900_000)}`;
      await cluster.core.replaceNamespacedConfigMap({ name: 'large', namespace: cluster.namespace, body: map });
    }
  }
  await cluster.objects.create(cluster.definition('a'));
  const { informer, notes, lists } = watched(cluster, {
    list: async (count, all) => {
      const list = await all();
      // As one that has slept for long.
      if (count === 1) list.metadata.resourceVersion = old;
      return list;
    },
  });
  await informer.start();
  await until(() => lists() === 2, 'another list');
  await label(cluster, 'a', 1);
  await until(() => notes.includes('update a 1'), `update in ${notes}`);
  await informer.stop();
  assert.equal(notes.filter((each) => each.startsWith('add')).length, 1);
  assert.equal(lists(), 2);
}
