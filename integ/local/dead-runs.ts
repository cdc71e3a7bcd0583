import * as path from 'node:path';
import { type Docker, dockerAt } from './docker';
import { exclusively } from './lock';
import { isOwnEngineThere, ownEngine } from './own-engine';
import { cacheDirectory } from './places';
import { note } from './progress';
import { cleanUp, type DeadRun, deadRuns, endProcesses } from './runs';

/** Whether an engine answers. */
async function isUp(docker: Docker): Promise<boolean> {
  return docker.run(['version']).then(
    () => true,
    () => false,
  );
}

async function cleanDeadRun(run: DeadRun, current?: Docker): Promise<void> {
  note(`cleaning up after ${run.id}, which was killed`);
  const host = run.engine?.host;
  if (host === undefined || host === current?.host) return cleanUp(run, current);
  const engine = run.engine?.own ? await ownEngine() : dockerAt(host, false, async () => {});
  try {
    await endProcesses(run);
    if (await isUp(engine)) await cleanUp(run, engine);
    else note(`what it has left in the Docker engine at ${host} is removed once that engine is up again`);
  } finally {
    await engine.stop();
  }
}

/** Cleans up after runs whose owner was killed, whatever engine they used. */
export function cleanDeadRuns(current?: Docker): Promise<number> {
  return exclusively(path.join(cacheDirectory(), 'cleaning.lock'), async () => {
    const dead = await deadRuns();
    for (const run of dead) await cleanDeadRun(run, current);
    // A run that was killed while it started our engine had not recorded it yet.
    if (!current?.own && isOwnEngineThere()) await (await ownEngine()).stop();
    return dead.length;
  });
}
