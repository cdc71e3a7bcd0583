/**
 * `npm run bench`: what the library costs its user, measured on this machine. Compile first. `npm run bench -- bootstrap` runs one part.
 */
import { parseArgs } from 'node:util';
import { benchAmi } from './ami/ami';
import { benchBootstrap } from './bootstrap/bootstrap';
import { benchFargate } from './fargate/fargate';
import { benchPackage } from './package';
import { Workshop } from './workshop';

const PARTS: { readonly [name: string]: (workshop: Workshop) => void | Promise<void> } = {
  fargate: benchFargate,
  bootstrap: benchBootstrap,
  ami: benchAmi,
  package: benchPackage,
};

async function main(): Promise<number> {
  const asked = parseArgs({ args: process.argv.slice(2), allowPositionals: true }).positionals;
  const unknown = asked.filter((name) => !(name in PARTS));
  if (unknown.length > 0) {
    console.error(`There is no part ${unknown.join(', ')}; the parts are ${Object.keys(PARTS).join(', ')}.`);
    return 2;
  }
  const workshop = new Workshop();
  try {
    console.log(workshop.machine());
    for (const name of asked.length > 0 ? asked : Object.keys(PARTS)) await PARTS[name](workshop);
    return 0;
  } finally {
    workshop.remove();
  }
}

main().then((code) => {
  process.exitCode = code;
});
