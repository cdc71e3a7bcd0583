import { interleaved, kilobytes } from '../timing';
import type { Workshop } from '../workshop';

export function benchFargate(workshop: Workshop): void {
  const apps = { ours: workshop.compile('examples/minimal/app.ts'), peer: workshop.compile('bench/fargate/peer.ts') };
  const [ours, peer, bare] = interleaved([
    () => workshop.synthesize(apps.ours, 'fargate'),
    () => workshop.synthesize(apps.peer, 'pattern'),
    () => workshop.node(['-e', "require('aws-cdk-lib')"]),
  ]);
  const template = workshop.template('fargate', 'Atlantis');
  console.log(
    `synthesis of examples/minimal: ${ours} ms, ${(ours / peer).toFixed(2)} times the CDK's own pattern with a file system (${peer} ms)`,
  );
  console.log(`loading aws-cdk-lib alone: ${bare} ms`);
  console.log(`its template: ${Object.keys(JSON.parse(template).Resources).length} resources, ${kilobytes(template.length)}`);
}
