import { provideEngine } from '../../integ/local/engine';
import { report } from '../../integ/local/progress';

/** Uses an engine until its input ends. */
async function main(): Promise<number> {
  const docker = await provideEngine();
  process.stdout.write(`up: ${docker.host} own: ${docker.own}\n`);
  await new Promise((resolve) => process.stdin.on('end', resolve).resume());
  await docker.stop();
  return 0;
}

main()
  .catch(report)
  .then((code) => process.exit(code));
