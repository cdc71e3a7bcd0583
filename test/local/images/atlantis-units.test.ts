import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { provideTools } from '../../../integ/local/setup/tools';
import { FILES } from '../../../src/ami/private/files';
import { KNOWN, NUMBERS, SWITCHES } from '../../../src/ami/private/levels/atlantis-flags';

const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0;

let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'cdk-atlantis-units-'));
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** What systemd says of a unit's exposure, from 0 to 10. */
function exposureOf(unit: 'atlantis.service' | 'atlantis-credentials@.service', name: string = unit): number {
  const path = join(directory, name);
  writeFileSync(path, FILES[unit]);
  const said = execFileSync('systemd-analyze', ['security', '--offline=yes', '--no-pager', path], { encoding: 'utf8' });
  return Number(/Overall exposure level for \S+: ([\d.]+)/.exec(said)?.[1]);
}

(hasSystemd ? describe : describe.skip)('the units', () => {
  test("the server's exposure is 1.5 or less", () => {
    expect(exposureOf('atlantis.service')).toBeLessThanOrEqual(1.5);
  });

  test("the helper's exposure is 2 or less", () => {
    expect(exposureOf('atlantis-credentials@.service', 'atlantis-credentials.service')).toBeLessThanOrEqual(2);
  });
});

describe('the flags', () => {
  let help: string;

  beforeAll(async () => {
    const { atlantis } = await provideTools(['atlantis']);
    help = spawnSync(atlantis, ['server', '--help'], { encoding: 'utf8' }).stdout;
  });

  test('are those of the server, and two that its help leaves out', () => {
    const flags = [...help.matchAll(/^ {2}--([a-z0-9-]+)/gm)].map(([, flag]) => flag);
    expect([...KNOWN].sort()).toEqual([...flags, 'gh-app-id', 'gh-app-installation-id'].sort());
  });

  test('switches are those that take no value', () => {
    const switches = [...help.matchAll(/^ {2}--([a-z0-9-]+)$/gm)].map(([, flag]) => flag);
    expect([...SWITCHES].sort()).toEqual(switches.sort());
  });

  test('numbers are those that the server refuses a text for', async () => {
    const { atlantis } = await provideTools(['atlantis']);
    const refused = [...KNOWN]
      .filter((flag) => !SWITCHES.includes(flag))
      .filter((flag) => {
        const { stderr, stdout } = spawnSync(atlantis, ['server', `--${flag}=text`, '--no-such-flag'], { encoding: 'utf8' });
        return (stderr + stdout).includes(`invalid argument "text" for "--${flag}"`);
      });
    expect(refused.sort()).toEqual([...NUMBERS].sort());
  });
});
