// Runs one row against the server of a kubeconfig:  node rows.mjs KUBECONFIG NAMESPACE ROW   (or --list)
// Ends with 0, or with 1 and the reason on stderr.
import * as informers from './informers.mjs';
import * as kinds from './kinds.mjs';
import * as parts from './parts.mjs';
import * as streams from './streams.mjs';
import { Cluster } from './cluster.mjs';

const rows = { ...informers, ...kinds, ...parts, ...streams };
const [kubeconfig, namespace, name] = process.argv.slice(2);
if (kubeconfig === '--list') {
  console.log(Object.keys(rows).sort().join('\n'));
  process.exit(0);
}
try {
  await rows[name](new Cluster(kubeconfig, namespace));
} catch (error) {
  console.error(error);
  process.exit(1);
}
// Pooled connections would keep the process.
process.exit(0);
