// What every row needs: a configuration, a namespace, waiting for a condition.
import assert from 'node:assert/strict';
import * as k8s from '@kubernetes/client-node';

export const group = 'muster.dev';
export const version = 'v1beta1';
export const apiVersion = `${group}/${version}`;

// What tasks run where containers are real.
function container() {
  const { MUSTER_TEST_IMAGE: image = 'busybox', MUSTER_TEST_COMMAND: command } = process.env;
  return { name: 'app', image, memory: 16, ...(command && { command: ['sh', '-c', command] }) };
}

export class Cluster {
  constructor(kubeconfig, namespace) {
    this.config = new k8s.KubeConfig();
    this.config.loadFromFile(kubeconfig);
    this.namespace = namespace;
    this.objects = k8s.KubernetesObjectApi.makeApiClient(this.config);
    this.custom = this.config.makeApiClient(k8s.CustomObjectsApi);
    this.core = this.config.makeApiClient(k8s.CoreV1Api);
  }

  // "/apis/muster.dev/v1beta1/namespaces/NS/PLURAL"
  path(plural) {
    return `/apis/${apiVersion}/namespaces/${this.namespace}/${plural}`;
  }

  definition(name, more = {}) {
    return {
      apiVersion,
      kind: 'TaskDefinition',
      metadata: { name, namespace: this.namespace, ...more },
      spec: { containerDefinitions: [container()] },
    };
  }

  service(name, desiredCount, more = {}) {
    return {
      apiVersion,
      kind: 'Service',
      metadata: { name, namespace: this.namespace, ...more },
      spec: { taskDefinition: name, desiredCount },
    };
  }

  // A pod of a service of one task, running.
  async pod(name = 'web') {
    await this.objects.create(this.definition(name));
    await this.objects.create(this.service(name, 1));
    let pod;
    await until(async () => {
      const list = await this.core.listNamespacedPod({ namespace: this.namespace });
      pod = list.items.find((each) => each.status?.phase === 'Running');
      return pod !== undefined;
    }, `a running pod of ${name}`);
    return pod;
  }
}

export async function until(condition, what) {
  const end = Date.now() + 40_000;
  while (!(await condition())) {
    if (Date.now() > end) assert.fail(`never came: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

// The call must be refused with this HTTP status, and with a Status of the reason.
export async function refused(call, code, reason) {
  try {
    await call();
  } catch (error) {
    assert.equal(error.code, code, `${error}`);
    const status = typeof error.body === 'string' ? JSON.parse(error.body) : error.body;
    assert.equal(status.kind, 'Status');
    if (reason !== undefined) assert.equal(status.reason, reason);
    return status;
  }
  return assert.fail(`was not refused with ${code}`);
}

// Again when something else wrote in between, as every client of an API with optimistic locks must.
export async function retried(call) {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await call();
    } catch (error) {
      if (error.code !== 409 || attempt === 9) throw error;
    }
  }
}
