import * as fs from 'node:fs';
import { RUNS } from '../timing';
import type { Workshop } from '../workshop';

/** Written by the process itself when it ends, since a parent only learns the sum of all its children. */
const AT_EXIT = `process.on('exit', () => {
  const { userCPUTime, systemCPUTime } = process.resourceUsage();
  require('node:fs').writeFileSync(process.env.BENCH_CPU, String((userCPUTime + systemCPUTime) / 1e6));
});
`;

/** Medians of the CPU seconds that syntheses take which are run in turns. Other work on the machine hardly changes these, as it does wall time. */
export function cpuSeconds(workshop: Workshop, apps: readonly string[]): number[] {
  const hook = workshop.path('at-exit.js');
  fs.writeFileSync(hook, AT_EXIT);
  const seconds: number[][] = apps.map(() => []);
  for (let run = 0; run < RUNS; run += 1) {
    apps.forEach((app, i) => {
      const file = workshop.path('cpu-seconds');
      workshop.synthesize(app, `${i}`, { BENCH_CPU: file, NODE_OPTIONS: `--require ${hook}` });
      seconds[i].push(Number(fs.readFileSync(file, 'utf8')));
    });
  }
  return seconds.map((values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]);
}
