import { Machine } from '../../../integ/local/images/machine';

/** Boots a machine, says so, and waits to be killed: what is left of the machine then is what the test looks at. */
async function main([root, volume]: string[]): Promise<void> {
  const machine = await Machine.boot(root, { volumes: { '/dev/sdf': volume } });
  process.stdout.write(`booted ${machine.processId} ${machine.id}\n`);
  await new Promise((resolve) => setTimeout(resolve, 600_000));
}

void main(process.argv.slice(2));
