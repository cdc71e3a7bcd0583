import * as fs from 'node:fs';
import * as path from 'node:path';
import { kilobytes } from '../timing';
import { ROOT, type Workshop } from '../workshop';
import { cpuSeconds } from './cpu-seconds';

const APPS: readonly { name: string; app: string; stack: string }[] = [
  { name: 'AtlantisAmi with its three levels', app: 'bench/ami/ours.ts', stack: 'Ami' },
  { name: 'cdk-image-pipeline with one component', app: 'bench/ami/image-pipeline.ts', stack: 'Peer' },
  { name: "cdk-github-runners' image builder", app: 'bench/ami/github-runners.ts', stack: 'Peer' },
];

/** CPU seconds of a synthesis, process and libraries included, and what comes out of it. */
export function benchSynthesis(workshop: Workshop): void {
  fs.copyFileSync(path.join(ROOT, 'bench/ami/component.yaml'), workshop.path('component.yaml'));
  const seconds = cpuSeconds(
    workshop,
    APPS.map(({ app }) => workshop.compile(app)),
  );
  APPS.forEach(({ name, stack }, i) => {
    const template = workshop.template(`${i}`, stack);
    const { Resources } = JSON.parse(template);
    const ratio = i === 0 ? '' : `, of which ours is ${(seconds[0] / seconds[i]).toFixed(2)} times`;
    console.log(
      `synthesis of ${name}: ${seconds[i].toFixed(2)} s of CPU${ratio}; ${Object.keys(Resources).length} resources, ${kilobytes(template.length)}`,
    );
  });
}
