// What a pod's streams carry: its log, and where the server has them exec and port-forward.
import assert from 'node:assert/strict';
import net from 'node:net';
import { PassThrough, Readable } from 'node:stream';
import * as k8s from '@kubernetes/client-node';

import { until } from './cluster.mjs';

function collected() {
  const stream = new PassThrough();
  const seen = { text: '', ended: false };
  stream.on('data', (bytes) => { seen.text += bytes; });
  stream.on('end', () => { seen.ended = true; });
  return { stream, seen };
}

export async function log_follow(cluster) {
  const pod = await cluster.pod();
  const { stream, seen } = collected();
  await new k8s.Log(cluster.config).log(cluster.namespace, pod.metadata.name, pod.spec.containers[0].name, stream,
    { follow: true, tailLines: 10, timestamps: true });
  // The stream is open while the task runs, and ends with it.
  await cluster.core.deleteNamespacedPod({ name: pod.metadata.name, namespace: cluster.namespace });
  await until(() => seen.ended, 'the end of the log');
  await assert.rejects(new k8s.Log(cluster.config).log(cluster.namespace, 'ghost', 'app', new PassThrough(), {}),
    (error) => error.code === 404);
}

export async function exec(cluster) {
  const pod = await cluster.pod();
  const run = (command, input) => new Promise((resolve, reject) => {
    const out = collected();
    const err = collected();
    const stdin = input === undefined ? null : Readable.from([input]);
    new k8s.Exec(cluster.config).exec(cluster.namespace, pod.metadata.name, pod.spec.containers[0].name, command,
      out.stream, err.stream, stdin, false,
      (status) => resolve({ status, out: out.seen.text, err: err.seen.text })).catch(reject);
  });
  const done = await run(['true']);
  assert.equal(done.status.status, 'Success');
  const failed = await run(['false']);
  assert.equal(failed.status.status, 'Failure');
  assert.equal(failed.status.reason, 'NonZeroExitCode');
  assert.equal(failed.status.details.causes.find((each) => each.reason === 'ExitCode').message, '1');
}

// Sends a line to the pod's port through a connection of this machine; what came back, or the error.
async function answer_of(cluster, pod, port, line) {
  const forward = new k8s.PortForward(cluster.config);
  const errors = collected();
  const listener = net.createServer((socket) => {
    forward.portForward(cluster.namespace, pod.metadata.name, [port], socket, errors.stream, socket)
      .catch(() => socket.destroy());
  });
  await new Promise((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const client = net.connect(listener.address().port, '127.0.0.1');
  let closed = false;
  let text = '';
  client.on('close', () => { closed = true; });
  client.on('error', () => {});
  client.on('data', (bytes) => { text += bytes; });
  client.write(line);
  await until(() => closed || text.includes('it works') || errors.seen.text.length > 0, 'an answer, an error or the end');
  client.destroy();
  listener.close();
  return text;
}

export async function port_forward(cluster) {
  const pod = await cluster.pod();
  const request = 'GET / HTTP/1.0\r\n\r\n';
  await until(async () => (await answer_of(cluster, pod, 8080, request)).includes('it works'), 'the page');
  // Where nothing listens the error comes on the error's channel, or the connection ends; it never hangs.
  assert.equal(await answer_of(cluster, pod, 9, request), '');
}
