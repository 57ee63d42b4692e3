// Runs one row against the server of a kubeconfig:  node rows.mjs KUBECONFIG NAMESPACE ROW   (or --list)
// Ends with 0, with 1 and the reason on stderr, or with 77 and the reason on stdout when the row is not applicable.
import * as informers from './informers.mjs';
import * as kinds from './kinds.mjs';
import * as parts from './parts.mjs';
import * as streams from './streams.mjs';
import { Cluster, NotApplicable } from './cluster.mjs';

const rows = { ...informers, ...kinds, ...parts, ...streams };
const [kubeconfig, namespace, name] = process.argv.slice(2);
if (kubeconfig === '--list') {
  console.log(Object.keys(rows).sort().join('\n'));
  process.exit(0);
}
try {
  await rows[name](new Cluster(kubeconfig, namespace));
} catch (error) {
  if (error instanceof NotApplicable) {
    console.log(error.message);
    process.exit(77);
  }
  console.error(error);
  process.exit(1);
}
// Pooled connections would keep the process.
process.exit(0);
