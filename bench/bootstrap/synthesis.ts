import { interleaved, kilobytes } from '../timing';
import type { Workshop } from '../workshop';

export function benchSynthesis(workshop: Workshop, app: string): void {
  const peer = workshop.compile('bench/bootstrap/peer.ts');
  const [ours, theirs] = interleaved([() => workshop.synthesize(app, 'bootstrap'), () => workshop.synthesize(peer, 'pepperize')]);
  console.log(
    `synthesis of SecureTerraformBootstrap: ${ours} ms, ${(ours / theirs).toFixed(2)} times pepperize's TerraformStateBackend (${theirs} ms)`,
  );
  for (const [name, output, stack] of [
    ['its template', 'bootstrap', 'Bootstrap'],
    ["pepperize's", 'pepperize', 'Peer'],
  ]) {
    const template = workshop.template(output, stack);
    console.log(`${name}: ${Object.keys(JSON.parse(template).Resources).length} resources, ${kilobytes(template.length)}`);
  }
}
