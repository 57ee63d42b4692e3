// Records what kubectl asks of the server and what it is told, for the scenarios of scenarios.txt:
//   node tests/compat/transcripts/record.mjs MUSTER KUBECTL...        (see tests/compat/README.md)
// Each scenario is run by each kubectl against a server of its own behind a proxy. What differs from run to run is
// replaced by placeholders; kubectls that talk alike share a section of the scenario's transcript.
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = path.dirname(fileURLToPath(import.meta.url));
const [muster, ...kubectls] = process.argv.slice(2);
if (kubectls.length === 0) {
  console.error('usage: node record.mjs MUSTER KUBECTL...');
  process.exit(2);
}

// Documents that every command fetches and that grow with the server: of these the transcripts of discovery keep what
// must be in them, the others leave them out.
const documents = [
  { path: /^\/version$/, has: ['"major":"1"', '"gitVersion":"v1.'] },
  { path: /^\/api$/, has: ['"name":"', '"v1"', 'secrets'] },
  { path: /^\/apis$/, has: ['muster.dev', 'v1beta1', 'rbac.authorization.k8s.io'] },
  { path: /^\/openapi\/v3$/, has: ['"paths":', '"apis/muster.dev/v1beta1"', '/openapi/v3/apis/muster.dev/v1beta1'] },
  { path: /^\/openapi\/v3\//, has: ['"openapi":"3.0', '"components":', 'x-kubernetes-group-version-kind'] },
  { path: /^\/openapi\/v2$/, has: ['dev.muster.v1beta1.Service'] },
];
const kept_headers = ['accept', 'content-type', 'impersonate-user', 'impersonate-group'];
const time = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g;

// What tells entries of managedFields apart.
function entry(manager) {
  return `${manager.manager} ${manager.operation} ${manager.subresource ?? ''}`;
}

// The placeholders of one run.
class Names {
  constructor() {
    this.known = { uid: [], rv: [], continue: [], name: [] };
  }

  of(kind, value) {
    const known = this.known[kind];
    if (!known.includes(value)) known.push(value);
    return `<${kind} ${known.indexOf(value) + 1}>`;
  }

  text(text) {
    let out = text.replace(time, '<time>').replace(/^kubectl\/v1\.\d+.*/, 'kubectl/v1.33');
    for (const kind of ['uid', 'name']) {
      this.known[kind].forEach((value, index) => { out = out.replaceAll(value, `<${kind} ${index + 1}>`); });
    }
    return out;
  }

  value(value, key, parent) {
    if (Array.isArray(value)) {
      // Sorted by the second they are from, which is another each time.
      const items = key !== 'managedFields' ? value : [...value].sort((a, b) => (entry(a) < entry(b) ? -1 : 1));
      return items.map((each) => (key === 'cells' && typeof each === 'string' && /^(<unknown>|\d+[smhdy]\S*)$/.test(each) ?
        '<age>' : this.value(each, undefined, value)));
    }
    if (value !== null && typeof value === 'object') {
      return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, this.value(each, name, value)]));
    }
    if (typeof value !== 'string' || value === '') return value;
    if (key === 'uid') return this.of('uid', value);
    if (key === 'resourceVersion' && value !== '0') return this.of('rv', value);
    if (key === 'value' && `${parent.path}`.endsWith('/resourceVersion')) return this.of('rv', value);
    if (key === 'continue') return this.of('continue', value);
    if (key === 'name' && parent.generateName !== undefined) return this.of('name', value);
    return this.text(value);
  }

  json(text) {
    return JSON.stringify(this.value(JSON.parse(text)));
  }

  // The target with its selectors in order, for kubectl has their terms in any.
  target(target) {
    const [address, query] = target.split('?');
    if (query === undefined) return this.text(target);
    const parts = query.split('&').map((part) => {
      const [key, value] = part.split('=').map(decodeURIComponent);
      if (key === 'fieldSelector') return `${key}=${encodeURIComponent(this.text(value.split(',').sort().join(',')))
        .replaceAll('%3Cuid%20', '<uid ').replaceAll('%3E', '>')}`;
      if (key === 'resourceVersion' && value !== '0') return `${key}=${this.of('rv', value)}`;
      if (key === 'continue') return `${key}=${this.of('continue', value)}`;
      if (key === 'timeoutSeconds' && value > 60) return `${key}=300`;
      return part;
    });
    return `${this.text(address)}?${parts.join('&')}`;
  }
}

function body_lines(names, type, bytes) {
  if (bytes.length === 0) return [];
  if (`${type}`.includes('protobuf')) return [`base64:${bytes.toString('base64')}`];
  const text = bytes.toString();
  try {
    return [names.json(text)];
  } catch {
    // Lines of a watch, or plain text.
  }
  return text.split('\n').filter((line) => line !== '').map((line) => {
    try {
      return names.json(line);
    } catch {
      return names.text(line);
    }
  });
}

// One request and its answer as text.
function told(names, exchange, keep_documents) {
  const document = documents.find((each) => each.path.test(exchange.target.split('?')[0]));
  // Whether kubectl has one in its cache is its own affair.
  if (document !== undefined && (!keep_documents || exchange.status === 304)) return undefined;
  const lines = [`${exchange.method} ${document ? exchange.target.replace(/\?.*/, '') : names.target(exchange.target)}`];
  for (const name of kept_headers) {
    if (exchange.headers[name] !== undefined) lines.push(`${name}: ${exchange.headers[name]}`);
  }
  for (const line of body_lines(names, exchange.headers['content-type'], exchange.body)) lines.push(`> ${line}`);
  lines.push(`< ${exchange.status} ${exchange.type ?? ''}`.trimEnd());
  for (const warning of exchange.warnings) lines.push(`< Warning: ${names.text(warning)}`);
  if (document !== undefined) {
    const text = exchange.answer.toString();
    return [...lines, ...document.has.filter((each) => text.includes(each)).map((each) => `~ ${each}`)].join('\n');
  }
  const watch = /[?&]watch=(true|1)/.test(exchange.target) && exchange.status === 200;
  const answer = exchange.answer.toString();
  // A watch may be cut in the middle of a line.
  const whole = watch ? Buffer.from(answer.slice(0, answer.lastIndexOf('\n') + 1)) : exchange.answer;
  for (const line of body_lines(names, exchange.type, whole)) lines.push(`${watch ? '|' : '='} ${line}`);
  return lines.join('\n');
}

// A proxy to the server's socket that notes everything, in the order of the requests.
function proxy(socket, notes) {
  return http.createServer((request, response) => {
    const exchange = { method: request.method, target: request.url, headers: request.headers, answer: Buffer.alloc(0),
      status: 0, warnings: [] };
    notes.push(exchange);
    const sent = [];
    request.on('data', (bytes) => sent.push(bytes));
    request.on('end', () => {
      exchange.body = Buffer.concat(sent);
      const headers = { ...request.headers, host: 'localhost' };
      delete headers['accept-encoding'];
      const onward = http.request({ socketPath: socket, method: request.method, path: request.url, headers }, (answer) => {
        exchange.status = answer.statusCode;
        exchange.type = answer.headers['content-type'];
        exchange.warnings = answer.headersDistinct.warning ?? [];
        response.writeHead(answer.statusCode, answer.headers);
        response.flushHeaders();
        answer.on('data', (bytes) => {
          exchange.answer = Buffer.concat([exchange.answer, bytes]);
          response.write(bytes);
        });
        answer.on('end', () => response.end());
        answer.on('error', () => response.destroy());
      });
      onward.on('error', () => response.destroy());
      response.on('close', () => onward.destroy());
      onward.end(exchange.body);
    });
  });
}

async function record(kubectl, scenario) {
  const home = fs.mkdtempSync(path.join(os.tmpdir(), 'muster-record-'));
  const socket = `${home}/muster.sock`;
  // No controller has anything to do with what the scenarios make: nothing is written but by them.
  const server = spawn(muster, ['server', '--data-dir', `${home}/data`, '--listen', `unix://${socket}`,
    '--controllers', 'cleanup'], { stdio: ['ignore', 'pipe', 'ignore'] });
  await new Promise((resolve) => server.stdout.once('data', resolve));
  const notes = [];
  const listener = proxy(socket, notes);
  await new Promise((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${listener.address().port}`;
  fs.writeFileSync(`${home}/kubeconfig`, JSON.stringify({ apiVersion: 'v1', kind: 'Config', 'current-context': 'c',
    clusters: [{ name: 'c', cluster: { server: address } }], users: [{ name: 'u', user: {} }],
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }] }));
  fs.symlinkSync(kubectl, `${home}/kubectl`);
  for (const command of scenario.commands) {
    // By the name that it is known by: it is its field manager, too.
    const script = `kubectl() { '${home}/kubectl' --kubeconfig '${home}/kubeconfig' "$@"; }\n${command}`;
    await new Promise((resolve) => {
      const shell = spawn('bash', ['-c', script], { cwd: `${folder}/manifests`, stdio: 'ignore',
        env: { ...process.env, HOME: home, KUBECONFIG: '', KUBECTL: kubectl, OUT: home } });
      shell.on('close', resolve);
    });
  }
  listener.closeAllConnections();
  listener.close();
  server.kill();
  await new Promise((resolve) => server.once('close', resolve));
  fs.rmSync(home, { recursive: true });
  const names = new Names();
  const keep = scenario.name.startsWith('documents');
  const texts = notes.map((each) => told(names, each, keep)).filter((each) => each !== undefined);
  // Documents are asked for in any order, and again by each command.
  return (keep ? [...new Set(texts)].sort() : texts).join('\n\n').replaceAll(address, 'SERVER');
}

function minor(kubectl) {
  const out = spawnSync(kubectl, ['version', '--client', '-o', 'json'], { encoding: 'utf8' }).stdout;
  return JSON.parse(out).clientVersion.minor.replace('+', '');
}

const scenarios = fs.readFileSync(`${folder}/scenarios.txt`, 'utf8').split(/^== /m).slice(1).map((text) => {
  const [name, ...lines] = text.trim().split('\n');
  return { name, commands: lines.filter((line) => line !== '' && !line.startsWith('#')) };
});
const only = process.env.SCENARIOS?.split(' ');
for (const scenario of scenarios) {
  if (only !== undefined && !only.includes(scenario.name)) continue;
  const sections = new Map();
  for (const kubectl of kubectls) {
    const text = await record(kubectl, scenario);
    sections.set(text, [...(sections.get(text) ?? []), `1.${minor(kubectl)}`]);
  }
  const head = scenario.commands.map((command) => `# ${command}`).join('\n');
  const parts = [...sections].map(([text, versions]) => `== kubectl ${versions.join(' ')}\n\n${text}\n`);
  fs.writeFileSync(`${folder}/${scenario.name}.txt`, `${head}\n\n${parts.join('\n')}`);
  console.log(`${scenario.name}: ${[...sections.values()].map((each) => each.join(' ')).join(' | ')}`);
}
